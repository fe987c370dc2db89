"""Tests of the translator of a release folder without MLflow, with networks that translate to known pixels."""

import io

import numpy as np
import pytest
from PIL import Image
from served_networks import make_release, translating_network, translator_facts

from genlab.serving.directions import direction_of, named_directions
from genlab.serving.errors import RequestError
from genlab.serving.translator import Translator


@pytest.fixture(scope="module")
def negative(tmp_path_factory):
    release = tmp_path_factory.mktemp("negative") / "release"
    network = translating_network(noise=False)
    return Translator(make_release(release, translator_facts(["a_to_b", "b_to_a"], noise=False), a_to_b=network, b_to_a=network))


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    release = tmp_path_factory.mktemp("noisy") / "release"
    return Translator(str(make_release(release, translator_facts(["a_to_b"], noise=True), a_to_b=translating_network(noise=True))))


def image_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)


def encoded(pixels: np.ndarray, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"  # read by Ghostscript, a program, if Pillow opens it


def pixels_of(content: bytes) -> np.ndarray:
    assert content.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(content))).astype(int)


@pytest.mark.parametrize("tile", [0, 8, 16, 2**40])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 16), (33, 50)])
def test_images_of_any_size_are_translated_whole_or_in_tiles(negative, size, tile):
    image = image_of(*size)
    (content,) = negative.images([encoded(image)], "b_to_a", tile=tile)
    # Blending rounds in float32: it is exact only where the weights sum to exactly 1.
    assert np.abs(pixels_of(content) - (255 - image.astype(int))).max() <= (0 if tile in (0, 2**40) else 1)


def test_values_of_fewer_bits_are_read_as_the_training_images_were(tmp_path):
    facts = translator_facts(["a_to_b"], noise=False) | {"bits": 12}
    translator = Translator(make_release(tmp_path / "release", facts, a_to_b=translating_network(noise=False)))
    values = np.linspace(0, 4095, 12 * 16).reshape(12, 16).astype(np.uint16)
    (content,) = translator.images([encoded(values)], "a_to_b")
    assert np.abs(pixels_of(content) - (255 - values / 4095 * 255)).max() <= 1


def test_a_direction_has_a_second_name_made_of_the_names_of_its_domains(tmp_path):
    facts = translator_facts(["a_to_b", "b_to_a"], noise=False) | {"domains": {"a": "drawing", "b": "photo"}}
    network = translating_network(noise=False)
    translator = Translator(make_release(tmp_path / "release", facts, a_to_b=network, b_to_a=network))
    assert named_directions(facts) == {"a_to_b": "drawing_to_photo", "b_to_a": "photo_to_drawing"}
    assert direction_of("photo_to_drawing", facts) == direction_of("b_to_a", facts) == "b_to_a"
    content = encoded(image_of(9, 9))
    assert translator.images([content], "drawing_to_photo") == translator.images([content], "a_to_b")
    with pytest.raises(RequestError, match=r"got 'photo', expected one of: a_to_b \(drawing_to_photo\), b_to_a \(photo_to_drawing\)\.$"):
        translator.images([content], "photo")


@pytest.mark.parametrize("form", ["PNG", "WEBP", "BMP", "GIF", "TIFF", "JPEG"])
def test_requests_may_have_these_formats(negative, form):
    (content,) = negative.images([encoded(np.full((8, 8), 200, np.uint8), form)], "a_to_b")
    assert np.abs(pixels_of(content) - 55).max() <= 2


@pytest.mark.parametrize("tile", [0, 16])
def test_the_noise_depends_only_on_the_seed_and_is_shared_by_all_tiles(noisy, tile):
    grey = np.full((37, 50), 127, np.uint8)
    first, second = noisy.images([encoded(grey)] * 2, "a_to_b", tile=tile, seed=7)
    cells = np.random.default_rng([7]).random((10, 13), np.float32)  # cells of 4 px, in [0, 1)
    noise = np.kron(cells, np.ones((4, 4)))[:37, :50]
    assert first == second
    assert np.abs(pixels_of(first) - (128 + noise * 127.5).clip(0, 255)).max() <= 1
    assert noisy.images([encoded(grey)], "a_to_b", tile=tile, seed=8) != [first]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (encoded(image_of(9, 9)), {"direction": "a_to_c"}, r"direction: got 'a_to_c', expected one of: a_to_b, b_to_a\.$"),
        (
            encoded(image_of(9, 9)),
            {"tile": 18},
            r"tile: got 18, expected a side in pixels, a multiple of 4 from 8 on, or 0\.$",
        ),
        (encoded(image_of(9, 9)), {"tile": 4}, "tile: got 4, expected"),
        (encoded(image_of(9, 9)), {"tile": None}, "tile: got None, expected"),
        (encoded(image_of(9, 9)), {"tile": 16.0}, "tile: got 16.0, expected"),
        (encoded(image_of(9, 9)), {"seed": -1}, r"seed: got -1, expected a whole number, 0 to 9223372036854775807\.$"),
        (encoded(image_of(9, 9)), {"seed": None}, "seed: got None, expected a whole number"),
        (
            "in.png",
            {},
            "row 0: not an image that can be read: got str, expected bytes. Expected the bytes of a PNG, JPEG, WEBP, BMP, GIF",
        ),
        (EPS, {}, r"row 0: not an image that can be read: it begins with b'%!PS-Adobe-3'\. Expected the bytes of a PNG, JPEG, WEBP"),
        (encoded(image_of(9, 9), "PPM"), {}, r"row 0: not an image that can be read: it begins with b'P5"),
        (b"GET / HTTP/1.1", {}, "row 0: not an image that can be read: it begins with b'GET / HTTP/1"),
        (encoded(image_of(99, 99))[:300], {}, "row 0: not an image that can be read: image file is truncated"),
    ],
)
def test_a_wrong_request_is_an_error_that_gives_the_value_received_and_the_value_expected(negative, content, options, message):
    with pytest.raises(RequestError, match=message):
        negative.images([content], **{"direction": "a_to_b"} | options)

"""Tests of the limits of requests: what is refused, and that large pictures are cut into tiles that fit into memory."""

import io

import numpy as np
import pytest
from PIL import Image
from served_networks import facts_of, make_release, sampling_network, translating_network, translator_facts

from genlab.serving.errors import LateError, RequestError
from genlab.serving.limits import Limits
from genlab.serving.sampler import Sampler
from genlab.serving.translator import Translator

LIMITS = {"images": 3, "pixels": 40_000, "megabytes": 1, "bytes_per_pixel": 100}  # 1 MB is enough for 100 x 100 px


def encoded(height: int, width: int, mode: str = "L") -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)).convert(mode).save(file, "PNG")
    return file.getvalue()


class Recorder:
    """A session that answers with the negative of its input, and records the input's shape."""

    def __init__(self):
        self.shapes: list[tuple[int, ...]] = []

    def run(self, outputs, inputs):
        self.shapes.append(inputs["image"].shape[2:])
        return (-inputs["image"],)


def translator_of(folder, **limits) -> Translator:
    facts = translator_facts(["a_to_b"], noise=False) | {"limits": LIMITS | limits}
    return Translator(make_release(folder / "release", facts, a_to_b=translating_network(noise=False)))


@pytest.fixture
def small(tmp_path):
    return translator_of(tmp_path)


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((100, 100), {(100, 100)}),  # as a whole
        ((100, 104), {(100, 100)}),  # 1.04 MB
        ((28, 356), {(28, 356)}),
        ((150, 201), {(100, 100)}),
        ((28, 1000), {(28, 100)}),
    ],
)
def test_a_picture_is_translated_as_a_whole_if_memory_suffices_and_in_the_largest_tiles_otherwise(small, size, tiles):
    small.sessions["a_to_b"] = recorder = Recorder()
    (content,) = small.images([encoded(*size)], "a_to_b")
    assert set(recorder.shapes) == tiles
    expected = 255 - np.asarray(Image.open(io.BytesIO(encoded(*size)))).astype(int)
    assert np.abs(np.asarray(Image.open(io.BytesIO(content))).astype(int) - expected).max() <= 1


def test_tiles_chosen_by_memory_give_what_the_same_tiles_on_request_give(small):
    assert small.images([encoded(150, 201)], "a_to_b") == small.images([encoded(150, 201)], "a_to_b", tile=100)


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ([(10, 10)] * 4, {}, r"got 4 rows, expected at most 3: send several requests\.$"),
        ([(10, 4001)], {}, r"row 0: 4,001 x 10 pixels, more than 40,000 per request\. Downscale the picture, or send parts of it\.$"),
        ([(1, 8001)], {}, "row 0: 8,001 x 1 pixels, padded to 8,004 x 8, more than 40,000 per request"),
        (
            [(100, 200), (100, 201)],
            {},
            r"row 1: 201 x 100 pixels, more than 20,000, which the rows before leave of 40,000 per request: send fewer rows\. Downscale",
        ),
        (
            [(150, 200)],
            {"tile": 104},
            r"tile: got 104, which needs about 2 MB of memory, more than 1: expected at most 100, or 0 to choose it by memory\.$",
        ),
    ],
)
def test_a_request_above_the_limits_is_an_error(small, sizes, options, message):
    with pytest.raises(RequestError, match=message):
        small.images([encoded(*size) for size in sizes], "a_to_b", **options)


def test_a_picture_of_few_bytes_and_many_pixels_is_refused_before_it_is_decoded(small, monkeypatch):
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    file = io.BytesIO()
    Image.new("1", (9400, 9400)).save(file, "PNG")
    with pytest.raises(RequestError, match=r"row 0: 9,400 x 9,400 pixels, more than 40,000 per request"):
        small.images([file.getvalue()], "a_to_b")


def test_limits_hold_exactly_and_a_larger_tile_than_the_picture_needs_no_more_memory(small):
    assert len(small.images([encoded(100, 100)] * 3, "a_to_b", tile=200)) == 3
    assert len(small.images([encoded(100, 200)] * 2, "a_to_b")) == 2


def test_a_network_that_needs_more_memory_for_its_smallest_tile_gets_this_tile(tmp_path):
    translator = translator_of(tmp_path, bytes_per_pixel=10**6)
    translator.sessions["a_to_b"] = recorder = Recorder()
    translator.images([encoded(20, 20)], "a_to_b")
    assert set(recorder.shapes) == {(8, 8)}


def test_the_largest_tile_is_a_multiple_of_the_stride():
    limits = Limits(megabytes=1, bytes_per_pixel=99)  # 100.5 px
    assert [limits.largest_tile(stride, 8) for stride in (1, 4, 32, 64)] == [100, 100, 96, 64]
    assert limits.largest_tile(256, 256) == 256
    assert limits.megabytes_of(100, 101) == 1 and limits.megabytes_of(100, 102) == 2


@pytest.fixture
def sampler(tmp_path):
    facts = facts_of([], limits={"images": 6})
    return Sampler(make_release(tmp_path / "release", facts, generator=sampling_network(False)))


@pytest.mark.parametrize(
    ("seeds", "count", "message"),
    [
        ([0] * 4, 2, r"4 rows x count 2 are more than 6 images: send fewer rows, or a lower `count`\.$"),
        ([0] * 7, 1, r"7 rows x count 1 are more than 6 images"),
        ([0], 7, r"count: got 7, expected a whole number, 1 to 6\.$"),
    ],
)
def test_rows_times_count_are_limited_before_anything_is_computed(sampler, seeds, count, message):
    sampler.session = None
    with pytest.raises(RequestError, match=message):
        sampler.images(seeds, count=count)


def test_as_many_images_as_the_limit_are_sampled(sampler):
    assert len(sampler.images([5, 40], count=3)) == len(sampler.images(range(6))) == 6


class Slow(Recorder):
    """A session that needs 10 seconds of a clock."""

    now = 0.0

    def run(self, outputs, inputs):
        self.now += 10
        return super().run(outputs, inputs)


@pytest.mark.parametrize("sizes", [[(100, 100)] * 3, [(100, 200)]])
def test_a_translation_ends_after_its_time_between_pictures_and_between_tiles(small, sizes, monkeypatch):
    small.sessions["a_to_b"] = slow = Slow()
    monkeypatch.setattr("genlab.serving.deadline.time.monotonic", lambda: slow.now)
    with pytest.raises(LateError, match=r"not finished after 15 s: ask for fewer images or pixels at once, or allow more time\.$"):
        small.images([encoded(*size) for size in sizes], "a_to_b", seconds=15)
    assert len(slow.shapes) == 2
    assert small.turn.acquire(blocking=False)  # the next request is not blocked


def test_sampling_ends_after_its_time(sampler):
    with pytest.raises(LateError, match="not finished after -1 s"):
        sampler.images([1], seconds=-1)

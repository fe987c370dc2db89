"""Colour profiles: converted pixels against the closed forms of the profiles, and profiles that change or mean nothing."""

import io

import numpy as np
import pytest
from colour_profiles import P3_TO_SRGB, black_ink, display_p3, encoded, linear, linear_grey, srgb
from PIL import Image, ImageCms

from genlab.serving.images import convert, upright
from genlab.serving.profiles import profile_of

COLOURS = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)


def opened(image: Image.Image, profile: bytes, form: str = "PNG", **options) -> Image.Image:
    file = io.BytesIO()
    image.save(file, form, icc_profile=profile, **options)
    return upright(file.getvalue())


def rgb(image: Image.Image, channels: int = 3) -> np.ndarray:
    return np.asarray(convert(image, channels)).astype(int)


def test_display_p3_is_converted_to_srgb():
    found = rgb(opened(Image.fromarray(COLOURS), display_p3()))
    assert np.abs(found - encoded(linear(COLOURS) @ P3_TO_SRGB.T)).max() <= 2
    assert np.abs(found - COLOURS.astype(int)).max() > 40  # without the conversion


@pytest.mark.parametrize("profile", [srgb(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_in_srgb_stay_as_they_are(profile, mode):
    plain = Image.fromarray(COLOURS).convert(mode)
    image = opened(plain, profile)
    assert profile_of(image).transform is None and not profile_of(image).problem
    assert np.array_equal(rgb(image), rgb(plain))


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_profiles_define_the_tones(depth):
    values = np.arange(256, dtype=np.uint16).reshape(16, 16)
    image = Image.fromarray(values.astype(np.uint8) if depth == 8 else values * 257)
    assert np.abs(rgb(opened(image, linear_grey()), 1) - encoded(values / 255)).max() <= 1


def test_grey_pixels_may_have_a_profile_of_rgb():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = opened(Image.fromarray(values), display_p3())  # the curve of P3 is that of sRGB
    assert np.abs(rgb(image, 1) - values).max() <= 1


def test_inks_are_converted_by_their_profile():
    ink = np.zeros((1, 256, 4), np.uint8)
    ink[..., 3] = np.arange(256)
    image = opened(Image.fromarray(ink, mode="CMYK"), black_ink(), "TIFF")
    lightness = 100 * (1 - np.arange(256) / 255)
    light = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)  # CIE 15:2004
    assert np.abs(rgb(image)[0] - encoded(light)[:, None]).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_is_kept(mode):
    image = Image.new("RGBA", (4, 4), (200, 30, 30, 255))
    image.putpixel((0, 0), (200, 30, 30, 0))
    image = opened(image if mode == "RGBA" else image.quantize(4), display_p3())
    assert image.mode == mode
    found = np.asarray(convert(image, 3, (1, 2, 3)))
    expected = encoded(linear(np.array([200, 30, 30])) @ P3_TO_SRGB.T)
    assert found[0, 0].tolist() == [1, 2, 3] and np.abs(found[1, 1] - expected).max() <= 3


def test_a_converted_image_has_no_profile_that_would_be_applied_again():
    once = convert(opened(Image.fromarray(COLOURS), display_p3()), 3)
    assert once.info == {} and np.array_equal(rgb(once), np.asarray(once))


@pytest.mark.parametrize(
    ("mode", "profile", "words"),
    [
        ("RGB", b"no profile at all", "colour profile can't be read"),
        ("RGB", display_p3()[:200], "colour profile can't be read"),
        ("RGB", black_ink(), "'black ink' is for CMYK, the pixels are RGB"),
        ("RGB", linear_grey(), "'linear grey' is for grey, the pixels are RGB"),
    ],
)
def test_an_unusable_profile_is_a_problem_and_the_pixels_stay(mode, profile, words):
    image = opened(Image.fromarray(COLOURS), profile)
    assert words in profile_of(image).problem
    assert np.array_equal(rgb(image), COLOURS)

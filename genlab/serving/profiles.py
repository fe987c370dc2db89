"""Colour profiles (ICC.1): pixels in the colours of an embedded profile -> sRGB, relative colorimetric."""

import functools
import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

TOLERANCE = 2  # grey levels; a profile that changes no colour by more is sRGB, and its pixels stay as they are
PROBES = {"RGB": 9, "L": 256}  # levels per channel of the colours that are compared; CMYK is never sRGB
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # colour space of a profile -> mode of the pixels
WORDS = {"RGB": "RGB", "L": "grey", "CMYK": "CMYK"}  # for messages
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = {  # optimised transforms of grey interpolate a coarse table, with errors of 10 levels in the shadows; those of RGB are within 2
    "RGB": ImageCms.Flags.NONE,
    "CMYK": ImageCms.Flags.NONE,
    "L": ImageCms.Flags.NOOPTIMIZE,
}
GREYS = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})


class Profile(NamedTuple):
    """The colour profile of an image."""

    name: str = ""  # description in the profile; "" for no profile
    mode: str = ""  # mode of the pixels to convert
    transform: ImageCms.ImageCmsTransform | None = None  # None: there is nothing to convert
    problem: str = ""  # why the profile cannot be used


def profile_of(image: Image.Image) -> Profile:
    """Return the colour profile of an image of any mode. Profiles equal to sRGB need no conversion."""
    content = image.info.get("icc_profile")
    if not isinstance(content, bytes) or not content:
        return Profile()
    profile = parsed(content)
    kind = "L" if image.mode in GREYS else "CMYK" if image.mode == "CMYK" else "RGB"
    # A profile of RGB also determines the tones of grey pixels, which many programs save with it.
    if profile.problem or kind == profile.mode or (kind, profile.mode) == ("L", "RGB"):
        return profile
    return Profile(profile.name, problem=f"colour profile '{profile.name}' is for {WORDS[profile.mode]}, the pixels are {WORDS[kind]}")


@functools.lru_cache(maxsize=64)  # the images of a set share a few profiles
def parsed(content: bytes) -> Profile:
    """Parse the bytes of a profile, and build its transform to sRGB."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(content))
        name = (ImageCms.getProfileDescription(source) or "").strip() or "unnamed"
        space = source.profile.xcolor_space.strip()
        if space not in MODES:
            return Profile(name, problem=f"colour profile '{name}' is for {space}, expected RGB, grey or CMYK")
        mode = MODES[space]
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", INTENT, FLAGS[mode])
    except (ImageCms.PyCMSError, ImportError, OSError, ValueError, TypeError) as error:
        return Profile("unreadable", problem=f"colour profile can't be read ({error})")
    return Profile(name, mode, None if is_srgb(transform, mode) else transform)


def is_srgb(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform from RGB or grey to sRGB changes no colour by more than TOLERANCE."""
    if mode not in PROBES:
        return False
    levels = np.linspace(0, 255, PROBES[mode]).round().astype(np.uint8)
    colours = levels[None] if mode == "L" else np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    after = np.asarray(transform.apply(Image.fromarray(colours))).astype(int)
    before = np.stack([colours] * 3, -1) if mode == "L" else colours
    return bool(np.abs(after - before).max() <= TOLERANCE)


def in_srgb(image: Image.Image) -> Image.Image:
    """Convert an image with 8 bits to sRGB if its profile is another one and can be used; transparency is kept."""
    profile = profile_of(image)
    if profile.transform is None:
        return image
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    converted = profile.transform.apply(image.convert(profile.mode))
    converted.info = {}  # the transform adds the profile of sRGB
    if alpha is not None:
        converted.putalpha(alpha)
    return converted

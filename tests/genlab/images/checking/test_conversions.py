"""Counts of what was converted when images were read."""

import pandas as pd

from genlab.images.checking.conversions import conversions


def test_conversions_are_counted_and_other_images_are_not():
    manifest = pd.DataFrame({"profile": ["P3", "", "Grey", "P3", ""], "white": pd.array([255, 255, 255, 4095, None], "Int64")})
    expected = {"colour profile 'P3' to sRGB": 2, "colour profile 'Grey' to sRGB": 1, "0 to 4,095 to 8 bits": 1}
    assert conversions(manifest) == expected
    assert conversions(manifest.iloc[[1, 4]]) == {}

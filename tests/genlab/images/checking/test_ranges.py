"""Images that use too little of the range of their values."""

import pandas as pd
import pytest

from genlab.images.checking.ranges import unused_range


def manifest(*rows: tuple[str, int | None, int | None, int | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["domain", "low", "high", "white"])
    return table.astype({"low": "Int64", "high": "Int64", "white": "Int64"})


@pytest.mark.parametrize(
    ("high", "white", "bits"), [(255, 65535, 8), (1023, 65535, 10), (4095, 65535, 12), (16383, 65535, 14), (900, 4095, 10)]
)
def test_an_unused_range_names_the_depth_that_fits(high, white, bits):
    words = unused_range(manifest(("", 3, high, white), ("", 5, high // 2, white)))
    assert list(words) == [words[0]] * 2
    assert f"values from 3 to {high:,} in all 2 images of {white.bit_length()} bits, of 0 to {white:,}: nearly black" in words[0]
    assert words[0].endswith(f"If white is {2**bits - 1:,}, set `bits: {bits}`")


def test_dark_images_are_sound_if_others_of_the_set_are_not():
    assert list(unused_range(manifest(("", 0, 200, 65535), ("", 0, 16384, 65535)))) == ["", ""]


def test_domains_and_depths_are_compared_separately():
    words = unused_range(manifest(("a", 0, 1, 255), ("b", 0, 250, 255), ("b", 0, 4095, 65535), ("b", None, None, None)))
    assert [bool(each) for each in words] == [True, False, True, False]
    assert "the only image of 8 bits, of 0 to 255: nearly black. Scale the values so that white is 255" in words[0]

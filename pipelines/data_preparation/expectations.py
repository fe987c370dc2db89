"""Expectations about images for Great Expectations (GX), which finds them by name. Import this module before building a suite."""

# ruff: noqa: N805, RUF012  (GX passes a metric its class, and its models copy their defaults)

from collections.abc import Callable
from typing import Any, TypeVar, cast

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.column_aggregate_metric_provider import ColumnAggregateMetricProvider, column_aggregate_value
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import multicolumn_condition_partial
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import MulticolumnMapMetricProvider

from genlab.errors import InputError
from genlab.images.checking.duplicates import earlier_copies, training_copies
from genlab.images.checking.lookalikes import LIMIT
from genlab.images.checking.pairs import incomplete_pairs, unequal_pairs
from genlab.images.checking.ranges import unused_range

Function = TypeVar("Function", bound=Callable[..., Any])


def condition(function: Function) -> Function:
    """Declare a function of a metric as its condition on rows of pandas. GX's own decorator has no type."""
    return cast(Function, multicolumn_condition_partial(engine=PandasExecutionEngine)(function))


class ContentIsUnique(MulticolumnMapMetricProvider):
    """True for each row whose bytes are not those of an earlier row of the same domain and split."""

    condition_metric_name = "images.content_is_unique"

    @condition
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return pd.Series(earlier_copies(column_list) < 0, column_list.index)


class ExpectContentToBeUnique(MulticolumnMapExpectation):
    """Expect no image to repeat the bytes of an earlier image of the same domain and split. The first copy does not fail."""

    column_list: list[str] = ["domain", "split", "sha256"]
    map_metric = "images.content_is_unique"


class HeldOutContentIsNew(MulticolumnMapMetricProvider):
    """True for each row that is not a held-out image with the bytes of a training image."""

    condition_metric_name = "images.held_out_content_is_new"

    @condition
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return pd.Series(training_copies(column_list) < 0, column_list.index)


class ExpectHeldOutContentToBeNew(MulticolumnMapExpectation):
    """Expect no held-out image to have the bytes of a training image. Only the held-out image fails."""

    column_list: list[str] = ["split", "sha256"]
    map_metric = "images.held_out_content_is_new"


class HeldOutImageLooksNew(MulticolumnMapMetricProvider):
    """True for each row that is not a held-out image similar to a training image; byte-identical copies are not counted."""

    condition_metric_name = "images.held_out_image_looks_new"
    condition_value_keys = ("max_distance",)

    @condition
    def _pandas(cls, column_list: pd.DataFrame, max_distance: int, **kwargs: Any) -> pd.Series:
        return (column_list["lookalike"] == "") | (column_list["lookalike_bits"] > checked_distance(max_distance)).fillna(False)


class ExpectHeldOutImagesToLookNew(MulticolumnMapExpectation):
    """Expect each held-out image to differ from all training images of its domain in more than `max_distance` of the 256 bits of the
    perceptual hash, or visibly in its pixels (genlab.images.checking.lookalikes). Byte-identical images are left to
    ExpectHeldOutContentToBeNew."""

    column_list: list[str] = ["lookalike", "lookalike_bits"]
    max_distance: int = 4
    map_metric = "images.held_out_image_looks_new"
    success_keys = ("mostly", "max_distance")


def checked_distance(max_distance: int) -> int:
    """Return the largest distance of two hashes that look alike, which the search has covered.

    Raises:
        InputError: the search compares only images with nearer hashes.
    """
    if not 0 <= max_distance <= LIMIT:
        raise InputError(f"max_distance: got {max_distance}, expected 0 to {LIMIT} bits.")
    return max_distance


class PairIsComplete(MulticolumnMapMetricProvider):
    """True for each row whose pair has exactly one image in a and one in b, and for rows without a pair."""

    condition_metric_name = "images.pair_is_complete"

    @condition
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return incomplete_pairs(column_list, {}) == ""


class ExpectPairsToBeComplete(MulticolumnMapExpectation):
    """Expect every pair to have exactly one image in a and one in b."""

    column_list: list[str] = ["pair", "domain"]
    map_metric = "images.pair_is_complete"


class PairIsEqualInSize(MulticolumnMapMetricProvider):
    """True for each row whose pair has images of one size, and for rows without a pair; images of unknown size are ignored."""

    condition_metric_name = "images.pair_is_equal_in_size"

    @condition
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return unequal_pairs(column_list) == ""


class ExpectPairsToBeEqualInSize(MulticolumnMapExpectation):
    """Expect the images of a pair to have the same width and height."""

    column_list: list[str] = ["pair", "width", "height"]
    map_metric = "images.pair_is_equal_in_size"


class LabelHasEnoughImages(MulticolumnMapMetricProvider):
    """True for each row whose label has at least `min_images` images."""

    condition_metric_name = "images.label_has_enough_images"
    condition_value_keys = ("min_images",)

    @condition
    def _pandas(cls, column_list: pd.DataFrame, min_images: int, **kwargs: Any) -> pd.Series:
        return column_list.groupby("label")["path"].transform("size") >= min_images


class ExpectLabelsToHaveEnoughImages(MulticolumnMapExpectation):
    """Expect every label that occurs to have at least `min_images` images."""

    column_list: list[str] = ["label", "path"]
    min_images: int = 2
    map_metric = "images.label_has_enough_images"
    success_keys = ("mostly", "min_images")


class AspectRatioIsAtMost(MulticolumnMapMetricProvider):
    """True for each row whose longer side is at most `max_ratio` times the shorter one, or whose size is unknown."""

    condition_metric_name = "images.aspect_ratio_is_at_most"
    condition_value_keys = ("max_ratio",)

    @condition
    def _pandas(cls, column_list: pd.DataFrame, max_ratio: float, **kwargs: Any) -> pd.Series:
        return (column_list.max(axis=1) <= max_ratio * column_list.min(axis=1)).fillna(True).astype(bool)


class ExpectAspectRatioToBeAtMost(MulticolumnMapExpectation):
    """Expect the longer side of each image to be at most `max_ratio` times the shorter one."""

    column_list: list[str] = ["width", "height"]
    max_ratio: float = 2.0
    map_metric = "images.aspect_ratio_is_at_most"
    success_keys = ("mostly", "max_ratio")


class ImageIsNotBlank(MulticolumnMapMetricProvider):
    """True for each row whose pixels or whose thumbnail vary enough, and for unreadable images."""

    condition_metric_name = "images.image_is_not_blank"
    condition_value_keys = ("min_std", "min_relief")

    @condition
    def _pandas(cls, column_list: pd.DataFrame, min_std: float, min_relief: float, **kwargs: Any) -> pd.Series:
        return (column_list["std"].isna() | (column_list["std"] >= min_std)) | (column_list["relief"] >= min_relief)


class ExpectImagesNotToBeBlank(MulticolumnMapExpectation):
    """Expect the pixels of each image to have a standard deviation of at least `min_std`, or its thumbnail a range of `min_relief`.

    Both are in grey levels, 0 to 255. The second one is met by sparse drawings and by night photos, but not by noise.
    """

    column_list: list[str] = ["std", "relief", "alpha_std"]
    min_std: float = 2.0
    min_relief: float = 2.0
    map_metric = "images.image_is_not_blank"
    success_keys = ("mostly", "min_std", "min_relief")


class RangeIsUsed(MulticolumnMapMetricProvider):
    """True for each row of a domain and depth whose images use at least a quarter of the range, and for unreadable images."""

    condition_metric_name = "images.range_is_used"

    @condition
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return unused_range(column_list) == ""


class ExpectRangeToBeUsed(MulticolumnMapExpectation):
    """Expect the images of each domain and depth to use together at least a quarter of the range of their values."""

    column_list: list[str] = ["domain", "low", "high", "white"]
    map_metric = "images.range_is_used"


class ColumnValueFraction(ColumnAggregateMetricProvider):
    """Fraction of the non-empty values of a column that equal `value`; 0 if all are empty."""

    metric_name = "images.column_value_fraction"
    value_keys = ("value",)

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, value: str, **kwargs: Any) -> float:
        used = column[column != ""]
        return float((used == value).mean()) if len(used) else 0.0


class ExpectColumnValueFractionToBeBetween(ColumnAggregateExpectation):
    """Expect the fraction of non-empty values of a column that equal `value` to be between `min_value` and `max_value`."""

    value: str
    min_value: float = 0.0
    max_value: float = 1.0
    metric_dependencies = ("images.column_value_fraction",)
    success_keys = ("value", "min_value", "max_value")

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: dict[str, Any] | None = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        fraction = metrics["images.column_value_fraction"]
        return {"success": self.min_value <= fraction <= self.max_value, "result": {"observed_value": fraction}}

"""What Great Expectations doesn't know yet about images. Imported before a suite is built: GX finds these by their names."""

# ruff: noqa: N805, RUF012  (GX hands a metric its class, and its models copy their defaults)

from typing import Any

import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics import ColumnAggregateMetricProvider
from great_expectations.expectations.metrics.column_aggregate_metric_provider import column_aggregate_value
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import multicolumn_condition_partial

from genlab.images.checking.duplicates import earlier_copies, training_copies, training_lookalikes
from genlab.images.checking.pairs import incomplete_pairs, unequal_pairs


class ContentIsUnique(MulticolumnMapMetricProvider):
    condition_metric_name = "images.content_is_unique"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return pd.Series(earlier_copies(column_list) < 0, column_list.index)


class ExpectContentToBeUnique(MulticolumnMapExpectation):
    """No image's bytes are those of an earlier one in the same domain and split. The first of them is no failure."""

    column_list: list[str] = ["domain", "split", "sha256"]
    map_metric = "images.content_is_unique"


class HeldOutContentIsNew(MulticolumnMapMetricProvider):
    condition_metric_name = "images.held_out_content_is_new"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return pd.Series(training_copies(column_list) < 0, column_list.index)


class ExpectHeldOutContentToBeNew(MulticolumnMapExpectation):
    """No held-out image has the bytes of a training image. The held-out one is the failure."""

    column_list: list[str] = ["split", "sha256"]
    map_metric = "images.held_out_content_is_new"


class HeldOutImageLooksNew(MulticolumnMapMetricProvider):
    condition_metric_name = "images.held_out_image_looks_new"
    condition_value_keys = ("max_distance",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, max_distance: int, **kwargs: Any) -> pd.Series:
        return pd.Series(training_lookalikes(column_list, max_distance) < 0, column_list.index)


class ExpectHeldOutImagesToLookNew(MulticolumnMapExpectation):
    """No held-out image's perceptual hash is within `max_distance` bits, of 256, of a training image's in its domain."""

    column_list: list[str] = ["domain", "split", "sha256", "perceptual_hash"]
    max_distance: int = 4
    map_metric = "images.held_out_image_looks_new"
    success_keys = ("mostly", "max_distance")


class PairIsComplete(MulticolumnMapMetricProvider):
    condition_metric_name = "images.pair_is_complete"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return incomplete_pairs(column_list, {}) == ""


class ExpectPairsToBeComplete(MulticolumnMapExpectation):
    """Every pair has exactly one image in a and one in b."""

    column_list: list[str] = ["pair", "domain"]
    map_metric = "images.pair_is_complete"


class PairIsEqualInSize(MulticolumnMapMetricProvider):
    condition_metric_name = "images.pair_is_equal_in_size"

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, **kwargs: Any) -> pd.Series:
        return unequal_pairs(column_list) == ""


class ExpectPairsToBeEqualInSize(MulticolumnMapExpectation):
    """The images of a pair have the same width and height."""

    column_list: list[str] = ["pair", "width", "height"]
    map_metric = "images.pair_is_equal_in_size"


class LabelHasEnoughImages(MulticolumnMapMetricProvider):
    condition_metric_name = "images.label_has_enough_images"
    condition_value_keys = ("min_images",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, min_images: int, **kwargs: Any) -> pd.Series:
        return column_list.groupby("label")["path"].transform("size") >= min_images


class ExpectLabelsToHaveEnoughImages(MulticolumnMapExpectation):
    """Every label that occurs has at least `min_images` images."""

    column_list: list[str] = ["label", "path"]
    min_images: int = 2
    map_metric = "images.label_has_enough_images"
    success_keys = ("mostly", "min_images")


class AspectRatioIsAtMost(MulticolumnMapMetricProvider):
    condition_metric_name = "images.aspect_ratio_is_at_most"
    condition_value_keys = ("max_ratio",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, max_ratio: float, **kwargs: Any) -> pd.Series:
        return (column_list.max(axis=1) <= max_ratio * column_list.min(axis=1)).fillna(True).astype(bool)


class ExpectAspectRatioToBeAtMost(MulticolumnMapExpectation):
    """The longer side is at most `max_ratio` times the shorter one."""

    column_list: list[str] = ["width", "height"]
    max_ratio: float = 2.0
    map_metric = "images.aspect_ratio_is_at_most"
    success_keys = ("mostly", "max_ratio")


class ColumnValueFraction(ColumnAggregateMetricProvider):
    metric_name = "images.column_value_fraction"
    value_keys = ("value",)

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, value: str, **kwargs: Any) -> float:
        used = column[column != ""]
        return float((used == value).mean()) if len(used) else 0.0


class ExpectColumnValueFractionToBeBetween(ColumnAggregateExpectation):
    """`value`'s share of the rows in which the column isn't empty lies between `min_value` and `max_value`."""

    value: str
    min_value: float = 0.0
    max_value: float = 1.0
    metric_dependencies = ("images.column_value_fraction",)
    success_keys = ("value", "min_value", "max_value")

    def _validate(self, metrics: dict[str, Any], runtime_configuration: dict | None = None, execution_engine: Any = None) -> dict[str, Any]:
        fraction = metrics["images.column_value_fraction"]
        return {"success": self.min_value <= fraction <= self.max_value, "result": {"observed_value": fraction}}

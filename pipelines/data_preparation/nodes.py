"""From raw images to a prepared set. The frameworks' heavy imports are inside the nodes: listing pipelines must stay fast."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.errors import InputError
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.quarantine import let_through

# Kedro resolves a node's annotations when it checks the parameters, so that these would have to be imported: pandas takes 0.6 s.
DataFrame = Any  # of pandas
PreparedSet = Any  # genlab.images.prepared_set.PreparedSet
Layout = Any  # one of genlab.images.sources

HERE = Path()  # the working directory


def layout_of(image_set: ImageSet, project: Path) -> Layout:
    """The set's layout; a relative root is relative to the project's folder, wherever the command is typed."""
    from genlab.build import build

    source = dict(image_set.source)
    if isinstance(source.get("root"), str):
        source["root"] = str(project / source["root"])
    return build(source, "source")


def read(
    image_set: ImageSet,
    project: Path = HERE,  # a relative root is relative to it
) -> DataFrame:
    """Declaration -> manifest with one row per image (genlab.images.checking.manifest.COLUMNS), its split and its pair.

    Raises:
        InputError: a folder is missing or unreadable, holds no image at all, or the layout doesn't fit the set's kind.
    """
    from genlab.images.read import read_images

    try:
        layout, split = layout_of(image_set, project), (image_set.test, image_set.seed, image_set.truth)
        return read_images(layout, image_set.kind, *split, image_set.workers, image_set.background)[1]
    except InputError as error:
        raise type(error)(f"image set '{image_set.name}': {error}") from error


def validate(
    manifest: DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # of the set's kind, from conf/base/expectations/
    project: Path = HERE,
) -> tuple[dict[str, Any], str]:
    """Hold the manifest against its expectations -> (outcome, plain enough for JSON; report, an HTML page)."""
    from pipelines.data_preparation.validation import validation_of

    return validation_of(manifest, image_set, expectations, layout_of(image_set, project))


def gate(manifest: DataFrame, validation: dict[str, Any], image_set: ImageSet) -> tuple[DataFrame, DataFrame]:
    """Let the valid rows of the manifest through -> (validated manifest, quarantine: the rows set aside, with a `reason`).

    Raises:
        DataValidationError: see quarantine.let_through.
    """
    return let_through(manifest, validation, image_set)


def prepare(validated: DataFrame, image_set: ImageSet, project: Path = HERE) -> PreparedSet:
    """The used images of the validated manifest, converted and resized as the set declares.

    Raises:
        InputError: no image is left, or a file has changed since it was validated.
    """
    from genlab.images.prepare import prepare_images

    items, look = layout_of(image_set, project).items(), (image_set.shape, image_set.channels, image_set.background, image_set.fit)
    return prepare_images(items, validated, image_set.name, image_set.kind, *look, image_set.workers)

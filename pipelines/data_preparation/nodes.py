"""Nodes that turn raw images into a prepared set. Heavy imports are inside the nodes, so that listing pipelines stays fast."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genlab.engine.paths import expanded
from genlab.errors import InputError
from pipelines.data_preparation.declaration import ImageSet
from pipelines.data_preparation.quarantine import let_through

# Kedro resolves a node's annotations when it checks the parameters. Aliases avoid the imports: pandas takes 0.6 s.
DataFrame = Any  # pandas.DataFrame
PreparedSet = Any  # genlab.images.prepared_set.PreparedSet
Store = Any  # genlab.images.store.Store
Layout = Any  # a layout from genlab.images.sources

HERE = Path()  # the working directory


def layout_of(image_set: ImageSet, project: Path) -> Layout:
    """Build the layout of an image set. A relative `root` is relative to the project folder; `~` is the home folder.

    Raises:
        InputError: the source has no class, and the files in the root do not tell the layout.
    """
    from genlab.build import build

    source = ({} if image_set.max_pixels is None else {"max_pixels": image_set.max_pixels}) | image_set.source
    if isinstance(source.get("root"), str):
        source["root"] = str(project / expanded(source["root"]))
    if "class" not in source:
        from genlab.images.sources.recognise import layout_for

        source["class"] = f"genlab.images.sources.{layout_for(source['root'], image_set.kind).__name__}"
    return build(source, "source")


def store_of(image_set: ImageSet, folder: Path | None) -> Store | None:
    """Open the store of an image set, with what earlier runs have read and prepared; None without a folder."""
    from genlab.images.store import Store

    decisive = image_set.model_dump(mode="json", include={"source", "max_pixels", "size", "channels", "background", "bits", "fit"})
    return None if folder is None else Store.open(folder, decisive)


def read(
    image_set: ImageSet,
    project: Path = HERE,  # base of a relative `root`
    store: Path | None = None,  # folder in which rows and prepared pixels are kept; None: nothing is kept
) -> DataFrame:
    """Read an image set -> manifest with one row per image, including its split and pair (genlab.images.checking.manifest.COLUMNS).

    With a store, only images that are new or have changed are decoded. They are prepared at the same time.

    Raises:
        InputError: a folder is missing, unreadable or without images, or the layout doesn't fit the set's kind.
    """
    from genlab.images.checking.lookalikes import with_lookalikes
    from genlab.images.read import read_images
    from genlab.images.scan import Kept, Look

    look = (image_set.shape, image_set.channels, image_set.background, image_set.fit, image_set.bits)
    opened = store_of(image_set, store)
    kept = None if opened is None else Kept(opened, Look(*look), image_set.name, image_set.verify)
    try:
        layout, split = layout_of(image_set, project), (image_set.test, image_set.seed, image_set.truth)
        items, manifest = read_images(layout, image_set.kind, *split, image_set.workers, image_set.background, image_set.bits, kept)
        return with_lookalikes(manifest, items, image_set.background, image_set.bits, image_set.workers, opened)
    except InputError as error:
        raise type(error)(f"image set '{image_set.name}': {error}") from error


def validate(
    manifest: DataFrame,
    image_set: ImageSet,
    expectations: Sequence[Mapping[str, Any]],  # for the set's kind, from conf/base/expectations/
    project: Path = HERE,
    store: Path | None = None,
) -> tuple[dict[str, Any], str]:
    """Check the manifest against the expectations -> (outcome as JSON-compatible values, report as an HTML page).

    With a store, the outcome of the same check in an earlier run is used again.
    """
    from pipelines.data_preparation.validation import validation_of

    return validation_of(manifest, image_set, expectations, layout_of(image_set, project), store_of(image_set, store))


def gate(manifest: DataFrame, validation: dict[str, Any], image_set: ImageSet) -> tuple[DataFrame, DataFrame]:
    """Split the manifest by its validation -> (validated manifest, quarantined rows with a `reason`).

    Raises:
        DataValidationError: the set failed validation; see quarantine.let_through.
    """
    return let_through(manifest, validation, image_set)


def prepare(validated: DataFrame, image_set: ImageSet, project: Path = HERE, store: Path | None = None) -> PreparedSet:
    """Convert and resize the images of the validated manifest that belong to a split, as the set declares.

    With a store, only images that `read` has not prepared are decoded.

    Raises:
        InputError: no image is left, or a file has changed since it was validated.
    """
    from genlab.images.prepare import prepare_images

    items, look = layout_of(image_set, project).items(), (image_set.shape, image_set.channels, image_set.background, image_set.fit)
    opened = store_of(image_set, store)
    return prepare_images(items, validated, image_set.name, image_set.kind, *look, image_set.workers, image_set.bits, opened)

"""The library in seven functions, for scripts and notebooks: prepare, recipe, fit, restore, evaluate, compare, release."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

import genlab
from genlab.build import build, suggestion
from genlab.engine.compute import Compute
from genlab.engine.files import write
from genlab.engine.locks import locked
from genlab.engine.paths import expanded
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.errors import InputError
from genlab.evaluation.compare import compare as compare
from genlab.evaluation.devices import Devices
from genlab.evaluation.evaluate import evaluate as evaluate_recipe
from genlab.evaluation.result import Result
from genlab.evaluation.selection import SAMPLES, scorer_of
from genlab.evaluation.settings import Settings
from genlab.export.release import FACTS, release_files, restored
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.efficientnet import EfficientNetLite0
from genlab.images.decode import Fit
from genlab.images.pixels_file import unnamed
from genlab.images.prepare import prepare_images
from genlab.images.prepared_set import Colour, Kind, PreparedSet
from genlab.images.read import read_images
from genlab.images.scan import Kept, Look
from genlab.images.sources import Folder, FolderPerClass, Layout
from genlab.images.sources.names import shortened
from genlab.images.sources.recognise import layout_for
from genlab.images.store import Store
from genlab.serving.depth import SIXTEEN
from genlab.serving.images import WHITE
from genlab.training.fit import Trained
from genlab.training.fit import fit as fit_recipe
from genlab.training.history import History
from genlab.training.initial import Initial
from genlab.training.kept import PARAMETERS
from genlab.training.resumption import Description
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

CLONE = Path(genlab.__file__).parent.parent / "conf/base/parameters/recipes"
RECIPES = CLONE if CLONE.is_dir() else Path(genlab.__file__).parent / "descriptions"  # where a wheel contains them
MAX_NAMED_IMAGES = 3  # largest number of broken images named in an error message


def prepare(
    source: str | Path | Layout,  # a folder or .zip of images or of a public set, or a layout of genlab.images.sources
    size: int | tuple[int, int],  # image side, or (height, width), in pixels
    channels: int = 3,  # 1: grey, 3: RGB
    kind: Kind = "unlabelled",  # unlabelled, labelled (`source` has one folder per class), paired or unpaired
    test: float = 0.2,  # fraction of held-out images, if the layout does not define a split
    seed: int = 0,  # of the split
    background: Colour = WHITE,  # RGB colour behind transparent pixels
    fit: Fit = "crop",  # how images of another aspect ratio are fitted to `size`: crop, pad, stretch
    name: str = "",  # of the image set; "": the name of the folder
    bits: int = SIXTEEN,  # depth of the values in files of more than 8 bits, 8 to 32; 12 for sensors whose white is 4095
    cache: str | Path | None = None,  # folder in which prepared images are kept; the same call then decodes only changed images
    verify: bool = False,  # with `cache`: hash all files again, also those of unchanged size and times
) -> PreparedSet:
    """Read, check and resize images -> a prepared set for `fit` and `evaluate`.

    Without `cache`, the images are in an unnamed temporary file, which the system removes when it is no longer used.

    Raises:
        InputError: a number is out of range, there are no images, an image cannot be read, or the layout lacks the two domains that the
            kind requires.
        DiskFullError: there is not enough space for the prepared images; nothing has been written.
    """
    height_and_width = (size, size) if isinstance(size, int) else tuple(size)
    if len(height_and_width) != 2 or min(height_and_width) < 1:
        raise InputError(f"size: got {size}, expected a side in pixels, or (height, width), from 1 on.")
    if channels not in (1, 3):
        raise InputError(f"channels: got {channels}, expected 1 (grey) or 3 (RGB).")
    if not 0 < test < 1:
        raise InputError(f"test: got {test}, expected the fraction to hold out, between 0 and 1.")
    if not 8 <= bits <= 32:
        raise InputError(f"bits: got {bits}, expected the depth of the stored values, 8 to 32.")
    if isinstance(source, str | Path):
        name = name or expanded(source).resolve().name
        layout = layout_of(str(source), kind)
    else:
        layout = source
    name, look = name or type(layout).__name__, Look((height_and_width[0], height_and_width[1]), channels, background, fit, bits)
    with ExitStack() as stack:
        if cache is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
        else:
            folder = expanded(cache) / "sets" / name
            stack.enter_context(locked(folder / "lock", f"prepares the image set '{name}'", "", wait=True))
        store = Store.open(folder, [repr(layout), look])
        items, manifest = read_images(layout, kind, test, seed, background=background, bits=bits, kept=Kept(store, look, name, verify))
        broken = manifest[manifest["decode_error"] != ""]
        if len(broken):
            examples = "; ".join(f"{shortened(str(row.path))}: {row.decode_error}" for row in broken.head(MAX_NAMED_IMAGES).itertuples())
            raise InputError(f"{len(broken):,} of {len(manifest):,} images cannot be read, e.g. {examples}. Mend or remove them.")
        images = prepare_images(items, manifest, name, kind, height_and_width, channels, background, fit, bits=bits, store=store)
        return images if cache is not None else replace(images, images=unnamed(images.images))


def layout_of(root: str, kind: Kind) -> Layout:
    """Layout of a folder or archive: that of a public format if its files are there, otherwise a folder, or a folder per class."""
    return layout_for(root, kind, FolderPerClass if kind == "labelled" else Folder)(root)


def recipe(
    name: str | Path,  # of a recipe in conf/base/parameters/recipes, or the path of a YAML file in the same format
    **arguments: Any,  # new values for every argument of that name in the description, e.g. size=64, channels=3
) -> dict[str, Any]:
    """Load the description of a recipe's model, {class: ..., its arguments}, for `fit`.

    Raises:
        InputError: there is no such recipe, or the description does not have a given argument.
    """
    file = expanded(name) if Path(name).suffix in (".yml", ".yaml") else RECIPES / f"{name}.yml"
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in RECIPES.glob("*.yml"))) or "none"
        raise InputError(f"recipe: got '{name}', expected a YAML file or one of: {known}.{suggestion(str(name), known.split(', '))}")
    entries = [entry for entry in yaml.safe_load(file.read_text(encoding="utf-8")).values() if isinstance(entry, dict) and "model" in entry]
    if not entries:
        raise InputError(f"{file} describes no recipe: expected an entry with a `model`.")
    model: dict[str, Any] = entries[0]["model"]
    for argument, value in arguments.items():
        places = [place for place in mappings(model) if argument in place]
        if not places:
            keys = sorted({key for place in mappings(model) for key in place} - {"class", "partial"})
            raise InputError(f"{argument}: {file.stem} has no such argument.{suggestion(argument, keys)} It has: {', '.join(keys)}.")
        for place in places:
            place[argument] = value
    return model


def fit(
    model: Recipe | Description,  # a description, e.g. from `recipe`, is required for `states`, `evaluate` and `release`
    images: PreparedSet,
    budget: int,  # number of images to see in total
    batch_size: int = 32,
    seed: int = 0,
    compute: Compute | None = None,  # None: the first available of cuda, mps, cpu
    states: str | Path | None = None,  # folder for the state of a stopped training, from which the same call continues; None: not saved
    initial: str | Path | Initial | None = None,  # a release or a checkpoint to start from (fine-tuning), or with settings: `Initial.of`
    score_every: int = 0,  # images between cheap scores, the best of which selects the weights of the result; 0: the last weights
    cache: str | Path = ".genlab",  # folder in which the feature extractor of these scores and features are cached
    keep_every: int = 0,  # images between numbered checkpoints in the folder `kept` of `states`; 0: none
) -> Trained:
    """Train a recipe on the training images of a set. See genlab.training.fit.fit for all settings and for the exceptions raised.

    With `states`, a larger budget trains a complete training longer.

    Raises:
        InputError: checkpoints are to be kept without `states`.
    """
    if keep_every and states is None:
        raise InputError(f"keep_every: got {keep_every} without `states`, expected a folder for the checkpoints. Give `states`.")
    monitoring = Monitoring(max(1, budget // 50), budget, max(1, budget // 10), score_every=score_every, keep_every=keep_every)
    saved, scorer = None if states is None else States(states), None
    kept = None if states is None else expanded(states) / "kept"
    if score_every:
        extractor = EfficientNetLite0(expanded(cache) / "extractors")
        scorer = partial(scorer_of, images=images, extractor=extractor, samples=SAMPLES)
    start = Initial.of(initial) if isinstance(initial, str | Path) else initial
    return fit_recipe(model, images, Budget(budget, batch_size), seed, None, compute, monitoring, saved, (), scorer, start, kept)


def restore(
    file: str | Path,  # a checkpoint, .safetensors, e.g. a numbered one
    model: Description | None = None,  # that it was trained from; None: that in parameters.yml next to the file
) -> Trained:
    """Restore a trained recipe from a checkpoint, for `evaluate` and `release`. It has no history and no optimizers.

    Raises:
        InputError: the file cannot be read, it was trained with another model, or there is no description.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = expanded(file)
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{file} is not a checkpoint that can be read ({error}). Name a .safetensors file of a training.") from None
    if model is None:
        described_by = file.parent / PARAMETERS
        if not described_by.is_file():
            raise InputError(f"{described_by} does not exist, which describes the model of {file.name}. Give `model`.")
        model = dict(yaml.safe_load(described_by.read_text(encoding="utf-8"))["model"])
    return Trained(restored(weights, model), model, History(1), "")


def evaluate(
    trained: Trained,
    images: PreparedSet,
    cache: str | Path = ".genlab",  # folder in which feature extractors, classifiers and features are cached
    seed: int = 0,  # of the untrained recipe, which serves as a baseline
    settings: Settings | None = None,  # extractor, and number of images per score; None: the defaults
    compute: Compute | None = None,  # devices among which samples and features are divided; None: the device of the recipe alone
) -> Result:
    """Evaluate a trained recipe on the held-out images: scores, compared with baselines, and pictures.

    Raises:
        InputError: the recipe was not trained from a description, there are too few held-out images, or fewer devices than asked for.
        RankError: the process of another device failed or was killed.
    """
    description = described(trained)
    seed_everything(seed)
    device = next(iter(trained.recipe.state_dict().values())).device
    untrained = build(description, "model").to(device)
    folder, settings = expanded(cache), settings or Settings()
    extractor, classifiers = settings.extractor(cache=folder / "extractors"), Classifiers(folder / "classifiers", settings.classifier)
    cached, devices = folder / "extractors", None if compute is None else Devices(compute, description)
    return evaluate_recipe(
        trained.recipe, untrained, images, extractor, classifiers, device, settings=settings, cache=cached, devices=devices
    )


def release(
    trained: Trained,
    images: PreparedSet,  # the training set
    folder: str | Path,
    tolerance: float = 1e-4,  # largest absolute difference between ONNX and torch outputs; images are in [-1, 1]
) -> dict[str, float]:
    """Write the release of a trained recipe: safetensors and ONNX files and release.json -> difference of ONNX from torch by network.

    Raises:
        InputError: the folder already contains a release, or the recipe was not trained from a description.
        ParityError: a difference exceeds the tolerance.
    """
    folder = expanded(folder)
    if (folder / FACTS).exists():
        raise InputError(f"{folder} holds a release already, which would be overwritten. Name another folder, or remove it.")
    artefacts, parity = release_files(trained.recipe.eval(), described(trained), images, tolerance)
    for name, content in artefacts.items():  # the facts last: they list the other files
        write(folder / name, content)
    difference: dict[str, float] = parity["onnx_difference"]
    return difference


def described(trained: Trained) -> Description:
    """Return the description that a recipe was trained from.

    Raises:
        InputError: the recipe was passed to `fit` as an object.
    """
    if not isinstance(trained.model, Mapping):
        given = type(trained.model).__name__
        raise InputError(f"model: trained from a {given}, expected a description, {{class: ..., its arguments}}. Give `fit` one.")
    return trained.model


def mappings(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a YAML tree."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from mappings(value)
    elif isinstance(node, list):
        for value in node:
            yield from mappings(value)

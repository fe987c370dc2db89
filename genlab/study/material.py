"""Images of a study: samples and translations of released models, and held-out images of the set that they were trained on."""

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import onnxruntime

from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.serving.images import png
from genlab.serving.release import Release
from genlab.serving.sampler import Sampler
from genlab.serving.sessions import session_options
from genlab.serving.translator import Translator
from genlab.study.items import Material, Picture, Stimulus
from genlab.study.settings import CHECK, PREFERENCE, REAL, REAL_AGAINST_GENERATED, REAL_OR_GENERATED, Settings

SOURCE = "source"  # owner of images that were translated
FIRST_SEED = 1_000_000  # of samples; those of the documentation and of sample grids start at 0


def released(artefacts: Mapping[str, bytes]) -> Release:
    """A release from the contents of its files."""
    return Release(json.loads(artefacts["release.json"]), lambda name: session(artefacts[f"{name}.onnx"]))


def session(content: bytes) -> onnxruntime.InferenceSession:
    """Open the content of an ONNX file on the CPU."""
    return onnxruntime.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])


def gathered(settings: Settings, releases: Mapping[str, Release], images: PreparedSet) -> Material:
    """Make all images of a study. Each is used in one item only, so that no participant sees it twice.

    Raises:
        InputError: a model belongs to other images or cannot be compared with the others, or there are too few held-out images.
    """
    translates = check_models(settings, {name: release.facts for name, release in releases.items()}, images)
    makers = Makers(settings, releases, images, translates)
    groups = {group: [makers.item(group) for _ in range(settings.items)] for group in settings.groups}
    if settings.kind == REAL_OR_GENERATED:
        groups[REAL] = [Stimulus((makers.real(),), right=0) for _ in range(settings.items * len(settings.models))]
    cycle = itertools.cycle([*settings.groups, *([REAL] * len(settings.groups) if settings.kind == REAL_OR_GENERATED else [])])
    practised = list(itertools.islice(cycle, settings.practice))
    practice = [Stimulus((makers.real(),), right=0) if group == REAL else makers.item(group) for group in practised]
    models = {name: {part: str(release.facts[part]) for part in ("checkpoint", "data_hash")} for name, release in releases.items()}
    return Material(groups, practice, [makers.check() for _ in range(settings.checks)], models, images.content_hash)


def check_models(settings: Settings, facts: Mapping[str, Mapping[str, Any]], images: PreparedSet) -> bool:
    """Whether the models are translators.

    Raises:
        InputError: a model was trained on other images, some models sample and others translate, or the direction is not there.
    """
    kinds = {name: each["served_as"] for name, each in facts.items()}
    if len(set(kinds.values())) > 1:
        raise InputError(f"user_study.models: got {kinds}; samplers and translators cannot be compared. Make a study for each kind.")
    for name, each in facts.items():
        if each["data_hash"] != images.content_hash:
            raise InputError(
                f"user_study.models: {name} was trained on the image set '{each['image_set']}' ({each['data_hash'][:16]}...), and the real "
                f"images are those of '{images.name}' ({images.content_hash[:16]}...), whose held-out images may be training images of the "
                f"model. Name the set of the model, or train it again: `kedro run --pipeline={name}`."
            )
        if each["served_as"] == "translator" and settings.direction not in each["directions"]:
            raise InputError(
                f"user_study.direction: got '{settings.direction}', but {name} translates {', '.join(each['directions'])} only. "
                "Choose a direction that all models have, or leave the model out."
            )
    return "translator" in kinds.values()


class Makers:
    """Makes the pictures of a study, each from a seed or a held-out image that no other picture uses."""

    def __init__(self, settings: Settings, releases: Mapping[str, Release], images: PreparedSet, translates: bool):
        self.settings, self.images, self.translates = settings, images, translates
        self.rng = np.random.default_rng(settings.seed)
        source, target = settings.direction.split("_to_") if translates else ("", "")
        shuffled = self.rng.permutation(images.indices("test", target))
        if translates and images.kind == "paired":
            a, b = images.pairs("test")
            pairs = np.stack([a, b] if source == "a" else [b, a], 1)[self.rng.permutation(len(a))]
            shuffled, sources = pairs[:, 1], pairs[:, 0]
        else:
            sources = self.rng.permutation(images.indices("test", source))
        self.translators = {name: Translator(release) for name, release in releases.items()} if translates else {}
        self.samplers = {} if translates else {name: Sampler(release) for name, release in releases.items()}
        self.seeds = itertools.count(FIRST_SEED + 100_000 * settings.seed)
        # From both ends, so that with pairs an image and the truth of its translation meet only if the set is small.
        self.reals, self.sources = iter(shuffled[::-1]), iter(sources)
        self.held_out = len(shuffled)

    def next(self, indices: Iterator[int]) -> int:
        """The next held-out image.

        Raises:
            InputError: all have been used.
        """
        try:
            return int(next(indices))
        except StopIteration:
            raise InputError(
                f"user_study: the image set '{self.images.name}' has {self.held_out} held-out images, which are too few for a study of "
                f"{len(self.settings.groups)} x {self.settings.items} items, {self.settings.practice} practice trials and "
                f"{self.settings.checks} checks. Lower `items` or `practice`, or name fewer models."
            ) from None

    def picture(self, owner: str, index: int) -> Picture:
        """A held-out image."""
        return Picture(owner, str(self.images.manifest.loc[index, "path"]), png(np.asarray(self.images.images[index])))

    def real(self) -> Picture:
        """A held-out image of the domain that models generate."""
        return self.picture(REAL, self.next(self.reals))

    def item(self, group: str) -> Stimulus:
        """An item with new images of a model, or of both models of a pair."""
        source = self.picture(SOURCE, self.next(self.sources)) if self.translates else None
        generated = [self.generated(model, source) for model in group.split("|")]
        match self.settings.kind:
            case kind if kind == PREFERENCE:
                return Stimulus(tuple(generated), source)
            case kind if kind == REAL_AGAINST_GENERATED:
                return Stimulus((self.real(), *generated), right=0)
        return Stimulus(tuple(generated), right=1)

    def generated(self, model: str, source: Picture | None) -> Picture:
        """A sample of a model, or its translation of a source."""
        if source is None:
            seed = next(self.seeds)
            (content,) = self.samplers[model].images([seed])
            return Picture(model, f"seed {seed}", content)
        (content,) = self.translators[model].images([source.png], self.settings.direction)
        return Picture(model, source.origin, content)

    def check(self) -> Stimulus:
        """An attention check: noise, which is generated, alone or next to a real image, which is better."""
        shape = self.shape
        noise = Picture(CHECK, "noise", png(self.rng.integers(0, 256, shape, np.uint8)))
        if self.settings.kind == REAL_OR_GENERATED:
            return Stimulus((noise,), right=1)
        source = self.picture(SOURCE, self.next(self.sources)) if self.translates and self.settings.kind == PREFERENCE else None
        return Stimulus((self.real(), noise), source, right=0)

    @functools.cached_property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of the images."""
        height, width, channels = self.images.images.shape[1:]
        return int(height), int(width), int(channels)

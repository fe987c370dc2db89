"""Evaluation of a recipe that translates images or samples them."""

from functools import partial
from pathlib import Path
from typing import Literal

import torch

from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.evaluation.classes import class_groups, has_classes
from genlab.evaluation.devices import Devices, divided
from genlab.evaluation.drawing import Drawing, Drawn, draw
from genlab.evaluation.further import further_scores
from genlab.evaluation.likelihood import inference_groups
from genlab.evaluation.pictures import sample_pictures
from genlab.evaluation.reference import Reference, chosen
from genlab.evaluation.result import Result
from genlab.evaluation.sampler import SAMPLING_SEED, sampler
from genlab.evaluation.samples import in_domain_scores, sample_scores
from genlab.evaluation.scores import Evaluation, Group, GroupName, RowName
from genlab.evaluation.seen import Observer, pixel_bins
from genlab.evaluation.settings import Settings
from genlab.evaluation.styles import path_length_scores
from genlab.evaluation.translations import evaluate_translations
from genlab.evaluation.truncation import truncation_scores
from genlab.evaluation.wording import sample_protocol
from genlab.extractors.classifier_cache import Classifiers
from genlab.extractors.contract import Extractor, Preparable
from genlab.images.prepared_set import PreparedSet

CPU = torch.device("cpu")


def evaluate(
    trained: Recipe,
    untrained: Recipe,  # the same recipe before training, as a baseline
    images: PreparedSet,
    extractor: Preparable,
    classifiers: Classifiers | None = None,  # None: skip the scores that need a classifier
    device: torch.device = CPU,  # device of both recipes
    sampling: Literal["natural", "balanced"] = "natural",  # how training drew classes; recorded in the protocol only
    settings: Settings | None = None,  # None: the defaults
    cache: Path | None = None,  # folder of the statistics of the held-out images; None: they are computed again
    devices: Devices | None = None,  # among which samples and features are divided; None: this process computes them
) -> Result:
    """Score a recipe on the held-out images of a set, compare it with baselines, and draw pictures.

    A recipe that translates has one group of scores per direction, see `translations.direction_scores`. A recipe that samples has the
    groups `samples` and, last, `further`, and `in_domain` if the set has several classes. Further groups depend on its capabilities:

    - conditional on labels: `classes`, `kid_within_classes`, `truncation`; samples use the labels of the held-out images;
    - truncates styles: `truncation`, and `path_length` if the extractor has activations;
    - has a likelihood: `likelihood`, which is then the headline;
    - infers latents: `reconstructions`;
    - has components: `clusters`, on a labelled set.

    Features and counts of samples are computed batch by batch, so that their number is limited by the disk, not by memory. With several
    devices, other processes compute some of these batches, until scores are computed; the scores do not depend on the number of devices.

    Raises:
        InputError: a domain has fewer than two held-out images, the set of a recipe that samples has fewer than two training images, or
            there are fewer devices than asked for.
        RankError: the process of another device failed or was killed.
    """
    settings, prepared = settings or Settings(), extractor.prepared(images)
    if images.kind in ("paired", "unpaired"):
        return evaluate_translations(trained, untrained, images, prepared, settings, device, devices)
    return evaluate_samples(trained, untrained, images, prepared, classifiers, device, sampling, settings, cache, devices)


def evaluate_samples(
    trained: Recipe,
    untrained: Recipe,
    images: PreparedSet,
    extractor: Extractor,
    classifiers: Classifiers | None,
    device: torch.device,
    sampling: Literal["natural", "balanced"],
    settings: Settings,
    cache: Path | None,
    devices: Devices | None,
) -> Result:
    """Evaluate a recipe that samples; see `evaluate`."""
    classifier = classifiers.of_set(images) if classifiers is not None and settings.classifier and has_classes(images) else None
    observe = Observer(extractor, classifier, pixel_bins(images, chosen(images, settings)[1], settings), settings.patched)
    make = partial(Drawing, extractor=extractor, observe=observe, settings=settings)
    drawing = make(trained, untrained, images, device)
    with divided(devices, [trained, untrained], images, make) as order:
        reference, drawn = draw(drawing, order)
    own, resembling = sample_scores(drawn, reference, extractor, settings, cache)
    further = further_scores(drawn.seen, reference, extractor, settings)
    groups = [own, *sampling_groups(drawn, reference, drawing)]
    seed_everything(SAMPLING_SEED)  # bounds of the likelihood use random draws
    groups += [*inference_groups(trained, untrained, reference, extractor, settings, device), further]
    protocol = sample_protocol(trained, reference, extractor, {group.name for group in groups}, sampling, settings)
    scores = Evaluation.of(protocol, groups)
    sheet, pictures = sample_pictures(
        trained,
        device,
        sampler(trained, device, own_noise=False),
        drawn.latents,
        drawn.first,
        resembling,
        reference,
        settings,
        scores.group(GroupName.TRUNCATION),
    )
    return Result(scores, sheet, pictures)


def sampling_groups(drawn: Drawn, reference: Reference, drawing: Drawing) -> list[Group]:
    """Compute the further groups of a recipe that samples: by a classifier, by truncation, and perceptual path length."""
    groups: list[Group] = []
    extractor, classifier, settings = drawing.extractor, drawing.observe.classifier, drawing.settings
    if classifier is not None:
        groups.append(in_domain_scores(drawn, classifier, settings))
    if classifier is not None and drawn.taught is not None and drawn.labels is not None:
        given = drawn.labels.numpy()[: len(drawn.seen[RowName.GENERATED].features)]
        groups += class_groups(drawn.taught, drawn.seen, given, reference, classifier, extractor.name, settings)
    if drawn.truncated:
        # in the features of the classifier, if there is one
        held_out = reference.features if drawn.held_out.in_domain is None else drawn.held_out.in_domain
        groups.append(truncation_scores(drawn.truncated, held_out[drawing.compared], classifier or extractor))
    if drawn.distances:
        groups.append(path_length_scores(drawn.distances, extractor))
    return groups

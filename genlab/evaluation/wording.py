"""The text of protocols: how the scores of samples and of translations are computed."""

from collections.abc import Set
from dataclasses import replace

from genlab.engine.capabilities import Translates, Truncated, is_conditional, truncated_by
from genlab.engine.recipe import Recipe
from genlab.evaluation.classes import training_like
from genlab.evaluation.further import further_protocol
from genlab.evaluation.protocol import Protocol
from genlab.evaluation.reference import Reference
from genlab.evaluation.sampler import SAMPLING_SEED
from genlab.evaluation.scores import GroupName, RowName
from genlab.evaluation.seen import BINNED
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.evaluation.styles import path_length_protocol
from genlab.extractors.classifier_training import protocol as classifier_protocol
from genlab.extractors.contract import Extractor, Staged
from genlab.images.feeding.held_out import HeldOut
from genlab.images.prepared_set import PreparedSet
from genlab.metrics.comparison import NEIGHBOURS, WIDER
from genlab.metrics.memorisation import RATIO
from genlab.metrics.paired import ms_ssim_scales

KID = "unbiased, cubic kernel, the whole sets"
NEAREST = f"median distance to the nearest of the training images, Euclidean; memorised: at most {RATIO:.2f} of that to the second nearest"
SPLIT = "held-out images, evenly spaced if there are more"
PERCEPTUAL = "arXiv:1801.03924, equation 1, all weights 1 (not LPIPS): {layers}, summed"


def translation_protocol(recipe: Translates, images: PreparedSet, held_out: HeldOut, extractor: Extractor, settings: Settings) -> Protocol:
    """Make the protocol of a recipe that translates."""
    height, width = images.images.shape[1:3]
    return Protocol(
        extractor=extractor.name,
        extractor_sha256=extractor.sha256,
        resize=extractor.resize,
        split=SPLIT,
        images={domain: len(tensor) for domain, tensor in held_out.tensors.items()},
        reference_sha256=held_out.sha256,
        size=(height, width),
        held_out_are_pairs=held_out.are_pairs,
        directions=tuple(recipe.directions),
        ssim="of intensities from 0 on, Gaussian window of 11 px",
        ms_ssim=f"the same, {ms_ssim_scales(height, width)} scales of the usual 5, weights renormalised",
        perceptual=PERCEPTUAL.format(layers=extractor.layers) if isinstance(extractor, Staged) else None,
        kid=KID,
        kid_spread=kid_spread(settings),
        seed=SUBSET_SEED,
    )


def sample_protocol(
    recipe: Recipe,
    reference: Reference,
    extractor: Extractor,
    groups: Set[GroupName],  # groups of scores that the recipe has
    sampling: str,  # how training drew classes: "natural" or "balanced"
    settings: Settings,
) -> Protocol:
    """Make the protocol of a recipe that samples. A field that describes an optional group of scores is set only if the recipe has it."""
    protocol = general_sample_protocol(recipe, reference, extractor, settings)
    if GroupName.IN_DOMAIN in groups:
        protocol = replace(protocol, classifier=classifier_protocol(settings.classifier))
    if is_conditional(recipe):
        protocol = replace(protocol, labels="those of the held-out images")
    if is_conditional(recipe) or sampling != "natural":
        protocol = replace(protocol, training_sampling=sampling)
    if GroupName.CLASSES in groups:
        count = len(training_like(reference.images, settings))
        protocol = replace(protocol, cas=f"{count:,} generated images, with the labels of as many training images")
    if GroupName.PATH_LENGTH in groups:
        protocol = replace(protocol, path_length=path_length_protocol(settings.pairs))
    if GroupName.LIKELIHOOD in groups:
        scored, compared = recipe.facts()["scored"], min(settings.compared, len(reference.test))
        protocol = replace(protocol, likelihood=f"nats, means over images, of {scored}; baselines on {compared} of them")
    return protocol


def general_sample_protocol(recipe: Recipe, reference: Reference, extractor: Extractor, settings: Settings) -> Protocol:
    """Make the part of the protocol that all recipes that sample have."""
    held_out, (height, width) = len(reference.test), reference.images.images.shape[1:3]
    styled = "; psi = 1; noise from N(0, 1) for each image" if truncated_by(recipe) == Truncated.STYLES else ""
    return Protocol(
        extractor=extractor.name,
        extractor_sha256=extractor.sha256,
        resize=extractor.resize,
        split=SPLIT,
        images={
            "held_out": held_out,
            str(RowName.GENERATED): (count := settings.samples or held_out),
            str(RowName.UNTRAINED): min(count, settings.untrained),
        },
        training_images=len(reference.train),
        reference_sha256=reference.sha256(),
        size=(height, width),
        samples=f"latents from N(0, 1), not truncated{styled}",
        sampling_seed=SAMPLING_SEED,
        kid=KID,
        kid_spread=kid_spread(settings),
        precision_recall=f"k = {NEIGHBOURS} nearest neighbours, Euclidean",
        density_coverage=f"k = {WIDER} nearest neighbours, Euclidean",
        nearest_training=NEAREST,
        ndb=f"at most {settings.bins} bins of k-means on the pixels of at most {BINNED:,} training images, shrunk to at most 32 px; "
        "two proportions differ at 5 %",
        further=further_protocol(settings),
        seed=SUBSET_SEED,
    )


def kid_spread(settings: Settings) -> str:
    """Describe in words how the spread of KID is estimated."""
    return f"standard deviation over {settings.subsets} subsets of half the images, at most {settings.subset:,}, without replacement"

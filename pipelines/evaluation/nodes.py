"""The node that scores translations."""

import logging
from typing import Any

BATCH_SIZE = 32
SUBSET_SEED = 0  # not the training's: models of any seed are scored alike
KERNEL_SUBSETS = "100 subsets of half the images, without replacement"
PERCEPTUAL = "arXiv:1801.03924, equation 1, all weights 1 (not LPIPS): last activations at 112, 56, 28, 14, 7 px, summed"

log = logging.getLogger(__name__)


def score_translation(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: dict[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    compute: dict[str, Any],
    seed: int,
    extractor: Any,  # a genlab.metrics.features.Extractor
) -> tuple[dict[str, Any], Any]:
    """Each direction that the recipe translates in, on the held-out images, beside two baselines: the untrained generators, and the
    sources as they are.

    Returns: {"headline", "protocol", direction: {"translated" | "untrained" | "identity": {score: value}}}, and a sheet of samples.
    Where the held-out images are no pairs there is no truth, and the scores against it are left out.

    Raises:
        InputError: a domain has no held-out images, or too few for KID.
    """
    from genlab.build import build
    from genlab.images.held_out import HeldOut
    from genlab.metrics.distribution import distribution_scores
    from genlab.metrics.paired import ms_ssim_scales, paired_scores
    from genlab.metrics.perceptual import perceptual_scores
    from genlab.pictures import sample_sheet
    from genlab.seeding import seed_everything

    place = build(compute, "compute")
    seed_everything(seed)
    untrained = place.place(build(model, "model"), 0)
    trained = place.place(build(model, "model"), 0)
    trained.load_state_dict(checkpoint)
    held_out = HeldOut(images, place.device)
    features = {domain: extractor(held_out.bytes[domain]) for domain in ("a", "b")}
    scores: dict[str, Any] = {}
    for direction in trained.directions:
        log.info("%s of %s held-out images", direction, f"{len(held_out.tensors[direction[0]]):,}")
        source, target = direction.split("_to_")
        back = f"{target}_to_{source}"
        seed_everything(SUBSET_SEED)  # where dropout stays on, a translation draws
        rows = {
            "translated": held_out.map(source, lambda batch, way=direction: trained.sample(batch, way), BATCH_SIZE),
            "untrained": held_out.map(source, lambda batch, way=direction: untrained.sample(batch, way), BATCH_SIZE),
            "identity": held_out.tensors[source],
        }
        scores[direction] = {}
        for name, result in rows.items():
            pixels = held_out.to_bytes(result)
            paired = {}
            if held_out.are_pairs:
                paired = paired_scores(result, held_out.tensors[target]) | perceptual_scores(pixels, held_out.bytes[target], extractor)
            seen = features[source] if name == "identity" else extractor(pixels)
            scores[direction][name] = paired | distribution_scores(seen, features[target], extractor, SUBSET_SEED)
        if back in trained.directions:
            for name, recipe in (("translated", trained), ("untrained", untrained)):
                returned = held_out.apply(rows[name], lambda batch, recipe=recipe, way=back: recipe.sample(batch, way), BATCH_SIZE)
                scores[direction][name]["cycle_l1"] = float((returned - held_out.tensors[source]).abs().mean())
    kid = f"kid_{extractor.name}"
    headline = {
        "name": kid if len(trained.directions) == 1 else f"{kid}_mean",
        "value": sum(scores[direction]["translated"][kid] for direction in trained.directions) / len(trained.directions),
        "lower_is_better": True,
    }
    protocol = {
        "extractor": extractor.name,
        "extractor_sha256": extractor.sha256,
        "resize": "bilinear, antialiased, 224 px",
        "images": {domain: len(tensor) for domain, tensor in held_out.tensors.items()},
        "reference_sha256": held_out.sha256,
        "size": list(images.images.shape[1:3]),
        "held_out_are_pairs": held_out.are_pairs,
        "directions": list(trained.directions),
        "ssim": "of intensities from 0 on, Gaussian window of 11 px",
        "ms_ssim": f"the same, {ms_ssim_scales(*images.images.shape[1:3])} scales of the usual 5, weights renormalised",
        "perceptual": PERCEPTUAL,
        "kid": "unbiased, cubic kernel, the whole sets",
        "kid_spread": f"standard deviation over {KERNEL_SUBSETS}",
        "seed": SUBSET_SEED,
    }
    return {"headline": headline, "protocol": protocol, **scores}, sample_sheet(trained, images, place.device, 12)

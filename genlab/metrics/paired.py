"""Distances between images and their true counterparts, by torchmetrics."""

from typing import cast

from torch import Tensor

from genlab.metrics.counts import require_images

SSIM_WINDOW = 11  # pixels
MOST_PSNR = 100.0  # dB, of an image. A single value of an 8-bit image that is one level off gives 78 dB in 1,000 values, 108 in a million
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # finest scale first: Wang et al. 2003, section 3.2


def paired_scores(images: Tensor, truth: Tensor) -> dict[str, float]:
    """Two batches (N, C, H, W) in [-1, 1] -> mean scores over the images, and, from two images on, standard deviations as `<score>_spread`.

    - l1: mean absolute difference, in [0, 2].
    - psnr: peak signal-to-noise ratio in dB, for a range of 2; at most MOST_PSNR per image, where torchmetrics and scikit-image return
      infinity for equal images, with which no mean or spread would be finite.
    - ssim: Wang et al. 2004, Gaussian window of 11 px, on intensities shifted to [0, 2], as the luminance term requires. Omitted for
      images smaller than the window.
    - ms_ssim: see `ms_ssim`. Omitted for images that are large enough for one scale only.

    Raises:
        InputError: there are no images.
    """
    require_images("scores against true images", {"given": len(images)}, 1)
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    images, truth = images.cpu().float().clamp(-1, 1), truth.cpu().float()
    scores: dict[str, Tensor] = {
        "l1": (images - truth).abs().mean((1, 2, 3)),
        "psnr": peak_signal_noise_ratio(images, truth, data_range=2.0, reduction="none", dim=(1, 2, 3)).clamp(max=MOST_PSNR),
    }
    if min(images.shape[2:]) >= SSIM_WINDOW:
        scores["ssim"] = cast(Tensor, structural_similarity_index_measure(images + 1, truth + 1, data_range=2.0, reduction="none"))
    if ms_ssim_scales(*images.shape[2:]) > 1:
        scores["ms_ssim"] = ms_ssim(images, truth)
    values: dict[str, float] = {}
    for name, each in scores.items():
        values[name] = float(each.double().mean())
        if len(each) > 1:
            values[f"{name}_spread"] = float(each.double().std())
    return values


def ms_ssim(images: Tensor, truth: Tensor) -> Tensor:
    """Two batches (N, C, H, W) in [-1, 1] of at least 22 px -> multi-scale SSIM, (N,) in [0, 1]. Wang et al. 2003, equation 7.

    Uses the finest of the paper's five scales that are as large as the window, with weights renormalised to sum 1. Channels are
    scored separately and averaged. A negative scale counts as 0, since its power is not defined, and makes the score of the image 0.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    weights = MS_SSIM_WEIGHTS[: ms_ssim_scales(*images.shape[2:])]
    return multiscale_structural_similarity_index_measure(
        images + 1,  # as for ssim
        truth + 1,
        data_range=2.0,
        betas=tuple(weight / sum(weights) for weight in weights),
        normalize="relu",
        reduction="none",
        # Only torchmetrics' check of sizes reads it, which would refuse 88 to 98 px; the window of 11 px follows from its sigma.
        kernel_size=9,
    )


def ms_ssim_scales(height: int, width: int) -> int:
    """Number of the five scales, each half as large as the one before, that hold a window of 11 px: 5 from 176 px, 3 at 64, 2 at 32."""
    return sum(min(height, width) >> halvings >= SSIM_WINDOW for halvings in range(len(MS_SSIM_WEIGHTS)))

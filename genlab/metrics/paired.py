"""Distances between an image and the truth, by torchmetrics."""

from torch import Tensor

SSIM_WINDOW = 11  # pixels


def paired_scores(images: Tensor, truth: Tensor) -> dict[str, float]:
    """Two batches (N, C, H, W) in [-1, 1] -> means over the images, and the standard deviations as `<score>_spread`.

    l1: mean absolute difference, in [0, 2]. psnr: in dB, for a range of 2. ssim: Wang et al. 2004, Gaussian window of 11 px; left
    out for images that are smaller than that.
    """
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    images, truth = images.float().clamp(-1, 1), truth.float()
    scores = {
        "l1": (images - truth).abs().mean((1, 2, 3)),
        "psnr": peak_signal_noise_ratio(images, truth, data_range=2.0, reduction="none", dim=(1, 2, 3)),
    }
    if min(images.shape[2:]) >= SSIM_WINDOW:
        scores["ssim"] = structural_similarity_index_measure(images, truth, data_range=2.0, reduction="none")
    values = {}
    for name, each in scores.items():
        values |= {name: float(each.double().mean()), f"{name}_spread": float(each.double().std())}
    return values

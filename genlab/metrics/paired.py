"""Distances between an image and the truth, by torchmetrics."""

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def paired_scores(images: Tensor, truth: Tensor) -> dict[str, float]:
    """Two batches (N, C, H, W) in [-1, 1] -> means over the images.

    l1: mean absolute difference, in [0, 2]. psnr: in dB, of each image, for a range of 2. ssim: Wang et al. 2004, Gaussian window of
    11 px (smaller for images below 11 px).
    """
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    images, truth = images.float().clamp(-1, 1), truth.float()
    side = min(images.shape[2:])
    window = min(11, side - 1 + side % 2)
    ssim = structural_similarity_index_measure(images, truth, kernel_size=window, data_range=2.0)
    psnr = peak_signal_noise_ratio(images, truth, data_range=2.0, reduction="elementwise_mean", dim=(1, 2, 3))
    return {"l1": float(l1_loss(images, truth)), "psnr": float(psnr), "ssim": float(torch.as_tensor(ssim))}

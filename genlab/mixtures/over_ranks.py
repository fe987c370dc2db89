"""The E step over several ranks, each of which holds a part of the images."""

import torch
from torch import Tensor

from genlab.engine import ranks
from genlab.mixtures.gaussian_mixture import INFINITE, WORST, GaussianMixture


def accumulate(mixture: GaussianMixture, x: Tensor) -> None:
    """E step: add the statistics of all ranks' images, (N, D) on this rank, N from 0, to the sums of this pass.

    Every rank then holds the same sums, and takes the same M step.
    """
    if ranks.count() == 1:
        mixture.accumulate(x)
        return
    sums = [buffer for name, buffer in mixture.named_buffers() if name.rpartition(".")[2].startswith("sum_")]
    before, worst, worst_log_likelihood = [each.clone() for each in sums], mixture.worst, mixture.worst_log_likelihood
    for each in sums:
        each.zero_()
    mixture.worst_log_likelihood = torch.full_like(worst_log_likelihood, INFINITE)
    if len(x):
        mixture.accumulate(x)
    ranks.add_up(sums)
    torch._foreach_add_(sums, before)
    values = torch.cat([worst_log_likelihood, ranks.gather(mixture.worst_log_likelihood)])
    kept = values.topk(WORST, largest=False, sorted=True)
    mixture.worst_log_likelihood = kept.values
    mixture.worst = torch.cat([worst, ranks.gather(mixture.worst)])[kept.indices]

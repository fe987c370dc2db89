"""EM over ranks that hold different numbers of images."""

import pytest
import torch
from torch import distributed as dist
from torch import multiprocessing

from genlab.mixtures.covariances import Full
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.over_ranks import accumulate

SIZES = (0, 37, 63)  # images of each rank


def vectors():
    torch.manual_seed(0)
    return torch.cat([torch.randn(60, 3, dtype=torch.float64) - 2, torch.randn(40, 3, dtype=torch.float64) * 2 + 3])[torch.randperm(100)]


def likelihoods(batches):
    """Log-likelihoods of ten EM steps, each over these batches, and the images that recoveries would use."""
    mixture = GaussianMixture(3, 3, Full(), negligible=0.0)  # otherwise what is left out depends on the batch
    mixture.initialise(vectors(), vectors()[:3])
    steps = []
    for _ in range(10):
        for batch in batches:
            accumulate(mixture, batch)
        worst = mixture.worst_log_likelihood.clone(), mixture.worst.clone()
        steps.append(mixture.maximise().log_likelihood)
    return steps, worst


def rank(number, folder):
    dist.init_process_group("gloo", store=dist.FileStore(str(folder / "store"), len(SIZES)), rank=number, world_size=len(SIZES))
    own = vectors().split(SIZES)[number]
    torch.save(likelihoods([own[:10], own[10:]]), folder / f"{number}.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_likelihoods_are_those_of_one_process(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    expected, (worst, images) = likelihoods([vectors()])
    multiprocessing.start_processes(rank, (tmp_path,), len(SIZES), start_method="fork")
    for number in range(len(SIZES)):
        steps, (own_worst, own_images) = torch.load(tmp_path / f"{number}.pt")
        assert steps == pytest.approx(expected, abs=1e-9)
        torch.testing.assert_close(own_worst, worst), torch.testing.assert_close(own_images, images)

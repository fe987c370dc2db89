"""Tests of the starts of a mixture: k-means, random centres and checkpoints."""

import functools

import pytest
import torch
from safetensors.torch import save_file

from genlab.errors import InputError
from genlab.mixtures.covariances.matrices import Full, Tied
from genlab.mixtures.covariances.variances import Diagonal, Spherical
from genlab.mixtures.fitting import fit
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.low_rank import LowRank
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.starts import Checkpoint, KMeans, Random
from genlab.recipes.mixture import Mixture

COVARIANCES = {"full": Full, "tied": Tied, "diagonal": Diagonal, "spherical": Spherical, "low rank": functools.partial(LowRank, 2)}


def blobs(count=400, seed=0) -> torch.Tensor:
    """Vectors (count, 6), float32, in six clusters; the fourth cluster holds half of them."""
    random = torch.Generator().manual_seed(seed)
    which = torch.tensor([3, 0, 3, 1, 3, 2, 3, 4, 3, 5])[torch.arange(count) % 10]
    return 3 * torch.eye(6)[which] + 0.5 * torch.randn(count, 6, generator=random)


def begun(start, x, components=6, covariance=Full, seed=0) -> tuple[GaussianMixture, float]:
    torch.manual_seed(seed)
    mixture = GaussianMixture(components, x.shape[1], covariance())
    return mixture, start.initialise(mixture, x)


@pytest.mark.parametrize("covariance", COVARIANCES.values(), ids=COVARIANCES)
@pytest.mark.parametrize("start", [KMeans, Random])
def test_every_component_begins_with_images(start, covariance):
    x = blobs()
    mixture, reached = begun(start(restarts=2, steps=2), x, 6, covariance)
    assert mixture.responsibilities(x).sum(0).min() > 1
    assert mixture.log_weights.exp().sum().item() == pytest.approx(1) and mixture.covariance.valid().all()
    fresh = int(mixture.passes), int(mixture.recoveries), bool(mixture.converged), mixture.sum_counts.sum().item()
    assert fresh == (0, 0, False, 0)  # the trial steps left no trace
    assert fit(mixture, x, 2)[-1].log_likelihood == pytest.approx(reached, rel=1e-6)


@pytest.mark.parametrize("start", [KMeans, Random])
def test_the_seed_determines_the_start(start):
    x = blobs()
    (one, _), (same, _), (other, _) = (begun(start(restarts=2), x, 9, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(value, same.state_dict()[name]) for name, value in one.state_dict().items())
    assert not torch.equal(one.means, other.means)


@pytest.mark.parametrize("start", [KMeans, Random])
def test_more_restarts_never_give_a_worse_start(start):
    x = blobs()
    reached = [begun(start(restarts=restarts, steps=3), x)[1] for restarts in range(1, 8)]
    assert reached == sorted(reached) and (start is KMeans or reached[-1] > reached[0] + 0.05)


def test_k_means_finds_the_clusters():
    mixture, _ = begun(KMeans(restarts=5), blobs())
    assert mixture.log_weights.exp().sort().values.tolist() == pytest.approx([0.1] * 5 + [0.5], abs=0.01)


def test_random_centres_are_images_that_differ():
    x = torch.cat([torch.zeros(300, 4), torch.eye(4)])  # nearly all are identical
    for seed in range(20):
        torch.manual_seed(seed)
        assert len(Random().centres(x, 5).unique(dim=0)) == 5
    near = torch.full((200, 50), 0.7)
    near[:100, 0] += 1e-4  # less than a float32 matrix product can resolve
    for seed in range(10):
        mixture, _ = begun(Random(), near, 2, Diagonal, seed)
        assert mixture.log_weights.exp().tolist() == pytest.approx([0.5, 0.5])


def test_too_few_images_are_refused():
    x = blobs()
    for start in (KMeans(), Random()):
        with pytest.raises(InputError, match=r"5 images for 6 components. Take fewer components, or let the start see more `images`"):
            begun(start, x[:5])
    with pytest.raises(InputError, match=r"3 of 6 centres have no image nearest to them. Take fewer components"):
        begun(Random(), x[:3].repeat(50, 1))
    with pytest.raises(InputError, match="restarts: got 0 with 5 steps"):
        KMeans(restarts=0)


def trained(components=(2, 3), covariance=Full, projection=None) -> Mixture:
    torch.manual_seed(0)
    recipe, x = Mixture([2, 3], list(components), covariance, Random(), projection=projection), blobs()
    if projection is not None:
        projection.fit(x)
        x = projection(x)
    for mixture in recipe.mixtures:
        Random().initialise(mixture, x)
        fit(mixture, x, 30)
    return recipe


@pytest.mark.parametrize("covariance", COVARIANCES.values(), ids=COVARIANCES)
def test_a_checkpoint_is_restored_exactly(tmp_path, covariance):
    recipe, x = trained(covariance=covariance), blobs(seed=1)
    save_file(recipe.state_dict(), tmp_path / "checkpoint.safetensors")
    for before in recipe.mixtures:
        after, _ = begun(Checkpoint(str(tmp_path / "checkpoint.safetensors")), x[:0], before.components, covariance)
        assert torch.equal(after.log_prob(x), before.log_prob(x)) and torch.equal(after.means, before.means)
        assert int(after.passes) == 0 and not after.converged and after.sum_counts.sum() == 0
        assert fit(after, blobs(), 1)[0].log_likelihood > before.log_likelihood - 1e-3  # training continues from there


def test_a_checkpoint_restores_its_projection(tmp_path):
    """Axes fitted to other images, or to the same images in another order, would differ and not match the means."""
    recipe = trained([3], projection=PrincipalComponents(2))
    save_file(recipe.state_dict(), tmp_path / "checkpoint.safetensors")
    start, other = Checkpoint(str(tmp_path / "checkpoint.safetensors")), PrincipalComponents(2)
    other.allocate(6)
    start.project(other, -blobs(seed=1))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in recipe.projection.state_dict().items())
    wrong = PrincipalComponents(3)
    wrong.allocate(6)
    with pytest.raises(InputError, match=r"checkpoint\.safetensors holds no projection to 3 dimensions"):
        start.project(wrong, blobs())


def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    with pytest.raises(InputError, match=r"there is no file .*checkpoint\.safetensors\. Train the mixture that it is to begin from"):
        begun(Checkpoint(str(file)), blobs())
    save_file(trained().state_dict(), file)
    for components, covariance, wanted in ((4, Full, "4 components of 6 values, Full"), (3, Tied, "3 components of 6 values, Tied")):
        with pytest.raises(InputError, match=f"holds no mixture of {wanted}. Name another file, or change"):
            begun(Checkpoint(str(file)), blobs(), components, covariance)

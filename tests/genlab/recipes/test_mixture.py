"""Tests of the mixture recipe: EM in batches, choice of the number of components, scores and pictures."""

import copy
import functools
import math
from itertools import pairwise

import pytest
import torch
from torch.distributions import MultivariateNormal

from genlab.build import build
from genlab.engine.loop import finite, train, weight_sums
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.errors import InputError
from genlab.images.levels import step
from genlab.mixtures.covariances.matrices import Full, Tied
from genlab.mixtures.covariances.variances import Diagonal
from genlab.mixtures.fitting import fit
from genlab.mixtures.gaussian_mixture import GaussianMixture
from genlab.mixtures.low_rank import LowRank
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.starts import Checkpoint, KMeans, Random
from genlab.pictures.evaluation import views
from genlab.pictures.training import rows
from genlab.pictures.views import Curve, Points, Sheet
from genlab.recipes.mixture import SHOWN, Mixture
from genlab.serving.preparation import Preparation

SHAPE = (1, 2, 3)


class Images:
    """Source of `epoch` images that are shuffled again for each pass; a batch may span two passes."""

    def __init__(self, batch_size=16, epoch=50, seed=0):
        random = torch.Generator().manual_seed(seed)
        which = torch.arange(epoch) % 3
        self.images = (0.5 * torch.eye(3)[which].repeat(1, 2) + 0.15 * torch.randn(epoch, 6, generator=random)).view(epoch, *SHAPE)
        self.batch_size, self.epoch = batch_size, epoch

    def batches(self, start):
        while True:
            places = [divmod(place, self.epoch) for place in range(start * self.batch_size, (start + 1) * self.batch_size)]
            yield {"image": torch.stack([self.images[self.order(turn)[place]] for turn, place in places])}
            start += 1

    @functools.lru_cache  # noqa: B019
    def order(self, turn):
        return torch.randperm(self.epoch, generator=torch.Generator().manual_seed(mix(turn)))

    @property
    def vectors(self):
        return self.images.flatten(1).double()


class Given:
    """A start that gives all mixtures with the same number of components the same parameters, whatever the images."""

    images = 0

    def project(self, projection, x):
        raise AssertionError

    def initialise(self, mixture, x):
        means = torch.randn(mixture.components, mixture.size, generator=torch.Generator().manual_seed(0))
        mixture.set(torch.ones(mixture.components) / mixture.components, means, torch.eye(mixture.size).repeat(mixture.components, 1, 1))
        return math.nan


def made(components=3, covariance=Full, start=None, **arguments) -> Mixture:
    seed_everything(0)
    return Mixture([2, 3], components, covariance, start or KMeans(steps=2), **{"tolerance": -math.inf} | arguments)


def turns(recipe, count, start=0, source=None):
    source = source or Images()
    size = source.batch_size
    return list(train(recipe, Stream(source, start), size * start, size * count, size, seed=5))


VARIANTS = {
    "full": {},
    "tied, random start": {"covariance": Tied, "start": Random(restarts=3, steps=2)},
    "low rank, many components": {"components": 12, "covariance": functools.partial(LowRank, 2)},
    "singular components that are lost": {"components": 12, "covariance": functools.partial(Diagonal, 0.0)},
    "several, one of them done": {"components": [1, 3], "covariance": Diagonal, "tolerance": 1e-6},
    "behind a projection": {"projection": (4,), "covariance": functools.partial(LowRank, 1)},
}


def variant(name) -> Mixture:
    arguments = dict(VARIANTS[name])
    if "projection" in arguments:
        arguments["projection"] = PrincipalComponents(*arguments["projection"])
    return made(**arguments)


@pytest.mark.parametrize("name", VARIANTS)
def test_run_resumed_at_any_turn_equals_straight_run(name):
    """16 does not divide 50: turns 4, 7, 10 and 13 each end a pass and begin the next."""
    straight, expected, states = variant(name), [], []
    for turn in train(straight, Stream(Images()), 0, 16 * 14, 16, seed=5):
        expected.append(turn)
        states.append(copy.deepcopy(straight.training_state()))
        rows(straight, {"image": torch.zeros(1, *SHAPE)})  # random draws by the caller between turns change nothing
    assert [bool(turn.terms) for turn in expected] == [place in (4, 7, 10, 13) for place in range(1, 15)]
    for stop, state in enumerate(states, 1):
        resumed = variant(name)
        resumed.load_training_state(state)
        assert turns(resumed, 14, stop) == expected[stop:]
        for key, value in straight.state_dict().items():
            assert torch.equal(value, resumed.state_dict()[key]), key
    assert "lost" not in name or int(straight.best.recoveries) > 0
    assert "done" not in name or [bool(mixture.converged) for mixture in straight.mixtures] == [True, False]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_state_can_be_saved_after_any_turn(name):
    """The trainer does not save a state with sums of weights that are not finite in float32."""
    recipe, source = variant(name), Images()
    finite(weight_sums(recipe), 0)
    for turn in train(recipe, Stream(source), 0, 16 * 14, 16, seed=5):
        finite(weight_sums(recipe), turn.images)
    assert all(value.isfinite().all() for value in recipe.state_dict().values())


@pytest.mark.parametrize("batch_size", [16, 50, 130])
@pytest.mark.parametrize("covariance", [Full, Tied, Diagonal, functools.partial(LowRank, 2)])
def test_a_pass_in_batches_is_one_step_of_em(covariance, batch_size):
    source, recipe = Images(batch_size), made(covariance=covariance, start=Given(), dtype="float64", negligible=0.0)
    memory = GaussianMixture(3, 6, covariance(), tolerance=-math.inf, negligible=0.0)
    Given().initialise(memory, source.vectors)
    for turn in train(recipe, Stream(source), 0, 260, batch_size, seed=5):
        while int(memory.passes) < turn.images // 50:
            (latest,) = fit(memory, source.vectors, 1)
            assert turn.images // 50 > int(memory.passes) or turn.terms["em/log_likelihood"] == pytest.approx(latest.log_likelihood)
        for value, other in ((recipe.best.means, memory.means), (recipe.best.covariance.value, memory.covariance.value)):
            torch.testing.assert_close(value, other, rtol=1e-9, atol=1e-11)
    assert int(recipe.best.passes) == turn.images // 50 >= 5
    assert recipe.best.sum_counts.sum().item() == pytest.approx(turn.images % 50)


def test_the_start_receives_every_image_once():
    seen = []

    class Watch(Given):
        images = 1000

        def project(self, projection, x):
            seen.append(x)
            projection.fit(x)

        def initialise(self, mixture, x):
            seen.append(x)
            return super().initialise(mixture, x)

    recipe, source = made(start=Watch(), projection=PrincipalComponents(2, images=30)), Images()
    turns(recipe, 1, source=source)
    inside, x = seen
    stream = torch.cat([source.images[source.order(0)].flatten(1)])
    assert torch.equal(inside, stream[:30]) and torch.equal(x, recipe.projection(stream))
    assert int(recipe.images) == 50


def test_training_ends_when_a_pass_gains_less_than_the_tolerance():
    recipe = made(5, Diagonal, Random(steps=1), tolerance=1e-3)
    taken = turns(recipe, 1000)
    passes = [turn for turn in taken if turn.terms]
    assert recipe.finished() and len(taken) < 500
    gains = [turn.terms["em/log_likelihood"] - before.terms["em/log_likelihood"] for before, turn in pairwise(passes)]
    assert gains[-1] < 1e-3 <= min(gains[:-1])
    assert recipe.facts()["converged"]
    resumed, before = made(5, Diagonal, tolerance=1e-3), copy.deepcopy(recipe.training_state())
    resumed.load_training_state(recipe.training_state())
    assert turns(resumed, 1000, len(taken)) == []
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in before["recipe"].items())


def test_a_converged_mixture_stays_unchanged_while_others_train():
    recipe, states = made([1, 3], Diagonal, tolerance=1e-6), []
    for _turn in train(recipe, Stream(Images()), 0, 16 * 1000, 16, seed=5):
        if recipe.mixtures[0].converged:
            states.append(recipe.mixtures[0].state_dict() | {})
    assert len(states) > 5 and recipe.finished()
    assert int(recipe.mixtures[0].passes) == 2 < int(recipe.mixtures[1].passes)
    assert recipe.mixtures[0].sum_counts.sum() == 0


@pytest.mark.parametrize("criterion", ["bic", "aic"])
def test_the_criterion_chooses_the_number_of_components(criterion):
    source = Images(150, 150)
    recipe = made([1, 3, 4], Diagonal, KMeans(restarts=3), criterion=criterion, tolerance=1e-8, dtype="float64")
    turns(recipe, 1000, source=source)
    expected = []
    for mixture in recipe.mixtures:
        normals = MultivariateNormal(mixture.means, torch.diag_embed(mixture.covariance.value))
        total = torch.logsumexp(normals.log_prob(source.vectors[:, None]) + mixture.log_weights, 1).sum().item()
        free = mixture.components * (6 + 6) + mixture.components - 1
        expected.append(-2 * total + free * (math.log(150) if criterion == "bic" else 2))
    assert recipe.criteria(criterion) == pytest.approx(expected, rel=1e-5)
    assert recipe.best is recipe.mixtures[expected.index(min(expected))]
    assert criterion == "aic" or recipe.best.components == 3  # the true number
    measures = recipe.measures({"image": source.images})
    assert measures["components"] == recipe.best.components and measures[criterion] == min(recipe.criteria(criterion))


@pytest.mark.parametrize("projected", [False, True])
def test_the_log_likelihood_of_levels_is_the_expectation_over_them(projected):
    """For one Gaussian and uniform noise within a level: log N(x; m, S) - tr(S^-1) step^2 / 24 plus the log-volume of the level."""
    projection = PrincipalComponents(3, least=0.02) if projected else None
    recipe = made(1, start=Random(steps=1), levels=17, projection=projection)
    turns(recipe, 8)
    matrix, mean = recipe.best.covariance.matrices()[0], recipe.best.means[0]
    if projected:
        axes = projection.axes
        matrix = axes @ matrix @ axes.T + projection.rest * (torch.eye(6, dtype=torch.float64) - axes @ axes.T)
        mean = projection.inverse(mean)
    image = torch.tensor([0.25, -0.125, 0.25, 0.5, 0.0, 0.125])
    expected = MultivariateNormal(mean, matrix).log_prob(image.double()) - torch.linalg.inv(matrix).trace() * 0.125**2 / 24
    torch.manual_seed(0)
    found = recipe.bounds({"image": image.view(1, *SHAPE).repeat(50_000, 1, 1, 1)})["log_likelihood"]
    error = found.std() / math.sqrt(len(found))
    correction = torch.linalg.inv(matrix).trace() * 0.125**2 / 24
    assert step(17) == 0.125 and error < correction / 15  # small enough to detect the correction
    assert found.mean().item() == pytest.approx((expected + 6 * math.log(0.125)).item(), abs=4 * error.item())
    assert found.dtype == torch.float64


def test_reconstructions_approach_the_images():
    """A reconstruction is a mean plus what the factors explain; with factors for all but one direction, it is nearly the image."""
    source = Images()
    errors = []
    for rank in (1, 3, 5):
        recipe = made(1, functools.partial(LowRank, rank))
        turns(recipe, 30)
        back = recipe.reconstruct({"image": source.images})
        assert back.shape == source.images.shape and back.dtype == torch.float32 and back.abs().max() <= 1
        errors.append((back - source.images).square().mean().item())
    assert errors == sorted(errors, reverse=True) and errors[-1] < errors[0] / 5
    recipe = made(3, projection=PrincipalComponents(4))
    turns(recipe, 30)
    nearest = recipe.responsibilities({"image": source.images}).argmax(1)
    torch.testing.assert_close(recipe.reconstruct({"image": source.images}), recipe.images_of(recipe.best.means)[nearest])


@pytest.mark.parametrize("name", VARIANTS)
def test_rows_views_and_facts(name):
    recipe, source = variant(name), Images()
    assert set(rows(recipe, {"image": source.images[:4]})) == {"real"}  # before the first turn
    turns(recipe, 14)
    shown = rows(recipe, {"image": source.images[:4]})
    count = recipe.best.components
    assert {key: tuple(rows.shape) for key, rows in shown.items()} == {
        "real": (4, *SHAPE),
        "samples": (SHOWN, *SHAPE),
        "means, the heaviest first": (count, *SHAPE),
    }
    seen = views(recipe, {"image": source.images, "label": torch.arange(50) % 3})
    assert set(seen) == {"reconstructions", "components", "latents"} | ({"choice"} if "several" in name else set())
    pictures, components, places = seen["reconstructions"], seen["components"], seen["latents"]
    assert isinstance(pictures, Sheet) and {key: len(row) for key, row in pictures.rows.items()} == {"held out": 16, "reconstructed": 16}
    assert isinstance(components, Sheet) and len(components.rows) == count
    weights = [float(title.split("weight ")[1].split(":")[0]) for title in components.rows]
    assert weights == sorted(weights, reverse=True)
    for row, mean in zip(components.rows.values(), shown["means, the heaviest first"], strict=True):
        assert row.shape == (components.columns, *SHAPE) and row.abs().max() <= 1
        torch.testing.assert_close(row[0], mean)
    assert isinstance(places, Points) and places.places.shape == (50, 2) and places.centres.shape == (count, 2) and len(places.labels) == 50
    assert places.places.mean(0).abs().max() < 1e-5  # principal axes: zero mean and no correlation
    assert abs(torch.corrcoef(places.places.T)[0, 1]) < 1e-4
    if "several" in name:
        choice = seen["choice"]
        assert isinstance(choice, Curve) and choice.over == (1.0, 3.0) and choice.chosen == count
        assert choice.lines == {"BIC": tuple(recipe.criteria("bic")), "AIC": tuple(recipe.criteria("aic"))}
    facts = recipe.facts()
    assert facts["components"] == count == len(facts["weights"]) and sum(facts["weights"]) == pytest.approx(1, abs=1e-4)


def test_terms_of_several_mixtures_are_named_by_their_components():
    recipe = made([1, 3], Diagonal)
    first, second = (turn.terms for turn in turns(recipe, 7) if turn.terms)
    likelihoods = {f"em/log_likelihood_{count}" for count in (1, 3)}
    assert set(first) == set(second) == likelihoods | {f"components/{word}" for word in ("smallest_weight", "largest_weight", "recovered")}
    assert all(second[name] > first[name] - 1e-4 for name in likelihoods)  # regularisation may cost that much


def test_a_warm_start_continues_from_the_checkpoint(tmp_path):
    from safetensors.torch import save_file

    cold = made(projection=PrincipalComponents(4))
    turns(cold, 40)
    save_file(cold.state_dict(), tmp_path / "checkpoint.safetensors")
    warm = made(projection=PrincipalComponents(4), start=Checkpoint(str(tmp_path / "checkpoint.safetensors")))
    source = Images()
    source.order = lambda turn: torch.arange(49, -1, -1)  # another order of images
    taken = turns(warm, 4, source=source)
    assert torch.equal(warm.projection.axes, cold.projection.axes)
    assert taken[-1].terms["em/log_likelihood"] >= float(cold.best.log_likelihood) - 1e-6


def test_invalid_images_and_arguments_are_refused():
    with pytest.raises(InputError, match=r"images of 3 x 2 x 3 \(channels, height, width\), the mixture is of 1 x 2 x 3"):
        made().check({"image": torch.zeros(1, 3, 2, 3)})
    made().check({"image": torch.zeros(5, *SHAPE)})
    for components in ([], [3, 3]):
        with pytest.raises(InputError, match=r"components: got \[.*\], expected a number, or a list of different ones"):
            made(components)
    with pytest.raises(InputError, match="50 images for 60 components"):
        turns(made(60), 1)


def test_a_mixture_can_be_configured_in_yaml():
    recipe = build(
        {
            "class": "genlab.recipes.mixture.Mixture",
            "size": [2, 3],
            "components": [2, 3],
            "covariance": {"class": "genlab.mixtures.covariances.Full", "partial": True, "regularisation": 1.0e-3},
            "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 2},
            "projection": {"class": "genlab.mixtures.projection.PrincipalComponents", "dimensions": 2},
        }
    )
    turns(recipe, 100)
    assert recipe.finished() and recipe.sample(torch.randn(4, recipe.latent_size)).shape == (4, *SHAPE)


def test_a_mixture_of_real_numbers_has_their_density_and_is_not_clipped():
    recipe = made(2, levels=None, dtype="float64")
    weights, means = torch.tensor([0.3, 0.7]).double(), 3 * torch.randn(2, 6, generator=torch.Generator().manual_seed(0)).double()
    recipe.best.set(weights, means, torch.eye(6).double().repeat(2, 1, 1))
    recipe.begun.fill_(True)
    points = 3 * torch.randn(20, *SHAPE, generator=torch.Generator().manual_seed(1))
    joint = torch.stack([MultivariateNormal(mean, torch.eye(6).double()).log_prob(points.flatten(1).double()) for mean in means], 1)
    expected = (joint + weights.log()).logsumexp(1)
    assert torch.allclose(recipe.bounds({"image": points})["log_likelihood"], expected, atol=1e-9)
    log_joint, rest, reconstruction = recipe.inference()["inference"](points)
    assert torch.allclose(log_joint.logsumexp(1) + rest, expected.float(), atol=1e-4)
    assert torch.equal(reconstruction, recipe.reconstruct({"image": points})) and reconstruction.abs().max() > 1
    assert recipe.sample(torch.zeros(1, recipe.latent_size)).flatten().tolist() == pytest.approx(means[1].tolist(), rel=1e-6)
    assert recipe.preparation == Preparation("none") and recipe.facts()["scored"] == "real numbers"

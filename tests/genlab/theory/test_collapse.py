"""The chapter on mode collapse, with trainings of a few turns."""

import math

import pytest
import torch

from genlab.build import build
from genlab.densities.gaussians import ring
from genlab.densities.stacked_digits import StackedDigits
from genlab.errors import InputError
from genlab.theory.collapse import Collapse
from genlab.theory.collapse_methods import METHODS, Networks
from genlab.theory.collapse_report import Outcome, by_chance, cell, mean_and_spread, orderings

SMALL = {"seeds": 2, "turns": 3, "batch_size": 8, "hidden": [8], "samples": 60, "training_samples": 200, "frames": 2}
SOME = ["non-saturating", "packing (2)", "mixture by EM"]


def test_results_do_not_depend_on_the_number_of_processes():
    claims = [
        Collapse(ring(), "ring", SOME, processes=processes, animated=["packing (2)"], **SMALL).measure(seed=1) for processes in (1, 2)
    ]
    assert claims[0].tables == claims[1].tables and claims[0].findings == claims[1].findings
    assert [row[0] for row in claims[0].tables[0].rows] == ["true samples", "uniform samples", *SOME]
    assert set(claims[0].pictures) == {"samples", "training"}


def test_stacked_digits_are_counted_by_the_classifier():
    claim = Collapse(StackedDigits(), "digits", ["VAE"], components=5, latent_size=4, processes=1, **SMALL).measure(seed=0)
    assert claim.tables[0].columns == ("method", "modes caught", "KL to uniform, nats") and set(claim.pictures) == {"samples"}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_the_networks_and_accepts_the_points(method):
    recipe = build(METHODS[method](Networks(2, 4, [8], 3, 1e-3)))
    recipe.check({"image": torch.randn(4, 2, 1, 1)})
    for name in ("generator", "critic"):
        if hasattr(recipe, name):
            widths = [module.out_features for module in getattr(recipe, name).modules() if isinstance(module, torch.nn.Linear)]
            assert widths[:-1] == [8]


def outcomes(method: str, *modes: float) -> list[Outcome]:
    return [Outcome(method, seed, {"modes": value}, torch.empty(0, 2)) for seed, value in enumerate(modes)]


@pytest.mark.parametrize(
    ("better", "worse", "verdict"),
    [((8, 8, 8), (2, 3, 2), "confirmed"), ((2, 3, 2), (8, 8, 8), "reversed"), ((5, 1, 9), (4, 6, 5), "not decided by these seeds")],
)
def test_orderings_are_judged_by_the_standard_error(better, worse, verdict):
    (line,) = orderings({"packing (2)": outcomes("packing (2)", *better), "non-saturating": outcomes("non-saturating", *worse)})
    assert f": {verdict}. Measured: " in line


def test_diverged_trainings_are_left_out_of_means():
    some = [*outcomes("a", 3.0, 5.0), Outcome("a", 2, {}, torch.empty(0, 2))]
    assert mean_and_spread(some, "modes") == (4.0, pytest.approx(math.sqrt(2)))
    assert cell(some, "modes") == "4.0 ± 1.4" and cell(some, "divergence") == "-"


def test_modes_that_are_caught_by_chance_confirm_nothing():
    def found(method: str, share: float, modes: float) -> list[Outcome]:
        return [Outcome(method, seed, {"modes": modes, "high_quality": share}, torch.empty(0, 2)) for seed in range(3)]

    uniform, plain = found("uniform samples", 0.02, 25), found("non-saturating", 0.5, 3)
    better = {"uniform samples": uniform, "non-saturating": plain, "packing (2)": found("packing (2)", 0.01, 20)}
    assert "not decided, since packing (2) catches modes by chance" in orderings(better)[0]
    assert "caught by chance: packing (2) (1.0 %)" in by_chance(better)[0]
    better["packing (2)"] = found("packing (2)", 0.4, 20)
    assert "confirmed" in orderings(better)[0] and "Every method has a larger share" in by_chance(better)[0]


def test_uniform_samples_have_the_share_of_their_area():
    """8 discs of 3 deviations in the square of the extent."""
    claim = Collapse(ring(), "ring", ["mixture by EM"], processes=1, **SMALL | {"samples": 100_000, "seeds": 1}).measure(seed=0)
    (row,) = [row for row in claim.tables[0].rows if row[0] == "uniform samples"]
    area = 8 * math.pi * (3 * 0.02) ** 2 / (2 * ring().extent) ** 2
    assert float(row[2].split()[0]) == pytest.approx(100 * area, abs=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"methods": ["packing"]}, r"methods: got 'packing'\. Did you mean 'packing \(2\)'"),
        ({"animated": ["WGANGP"]}, r"methods: got 'WGANGP'\. Did you mean 'WGAN-GP'"),
        ({"seeds": 0}, "seeds: got 0, expected a positive number"),
    ],
)
def test_wrong_settings_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Collapse(ring(), "ring", **arguments)

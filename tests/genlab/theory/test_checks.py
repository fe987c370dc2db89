"""Wrong settings of claims are one clear error."""

import pytest

from genlab.densities.gaussians import ring
from genlab.errors import InputError
from genlab.theory.balance import Balance
from genlab.theory.convergence import Convergence
from genlab.theory.jensen_shannon import JensenShannon
from genlab.theory.least_squares import LeastSquares
from genlab.theory.optimal_critic import OptimalCritic
from genlab.theory.saturation import Saturation


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JensenShannon([]), r"distances: got \[\], expected at least one number, from 0 on"),
        (lambda: LeastSquares([-1.0]), r"distances: got \[-1.0\], expected at least one number"),
        (lambda: OptimalCritic(ring(), [[0.0, 0.0]], 1.0, steps=0), "steps: got 0, expected a positive number"),
        (lambda: Saturation(ring(), batch_size=0), "batch_size: got 0"),
        (lambda: Balance(ring(), [0], [1.0]), r"steps: got \[0\], expected at least one number, from 1 on"),
        (lambda: Balance(ring(), [1], []), r"ratios: got \[\]"),
        (lambda: Convergence(rate=0.0), r"rate: got 0.0, expected a positive number"),
    ],
)
def test_wrong_settings_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()

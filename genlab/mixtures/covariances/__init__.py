"""The covariances of a mixture: full, tied (one for all components), diagonal, spherical. For low rank, see genlab.mixtures.low_rank."""

from genlab.mixtures.covariances.base import Covariance
from genlab.mixtures.covariances.matrices import Full, Tied
from genlab.mixtures.covariances.variances import Diagonal, Spherical

__all__ = ["Covariance", "Diagonal", "Full", "Spherical", "Tied"]

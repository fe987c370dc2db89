"""The metrics on the ladder: in which direction they are worse, and which damage they claim to measure."""

from typing import NamedTuple

QUALITY = ("blur", "noise", "jpeg")
VARIETY = ("collapse", "classes")
IN_DOMAIN = "in_domain"  # space of a classifier that was trained on the set


class Metric(NamedTuple):
    """What a metric claims."""

    title: str
    worse: int  # 1 if higher values are worse, -1 if lower ones are
    claims: tuple[str, ...]  # names of damages
    source: str
    share: bool = False  # whether it is a share of images, which is a multiple of 1 / N
    in_domain: tuple[str, ...] = ()  # further claims, in the features of a classifier of the set only

    def claimed(self, space: str) -> tuple[str, ...]:
        """Names of the damages that the metric claims to measure in a space."""
        return (*self.claims, *self.in_domain) if space == IN_DOMAIN else self.claims


METRICS = {
    "kid": Metric("KID", 1, (*QUALITY, *VARIETY, "colours"), "arXiv:1801.01401"),
    "fid": Metric("FID", 1, (*QUALITY, *VARIETY, "colours"), "arXiv:1706.08500"),
    "fid_infinity": Metric("FID-infinity", 1, (*QUALITY, *VARIETY, "colours"), "arXiv:1911.07023"),
    "mmd": Metric("MMD, Gaussian kernel", 1, (*QUALITY, *VARIETY, "colours"), "arXiv:2401.09603"),
    "sliced_wasserstein": Metric("sliced Wasserstein", 1, (*QUALITY, *VARIETY, "colours"), "doi:10.1007/s10851-014-0506-3"),
    "precision": Metric("precision", -1, ("noise",), "arXiv:1904.06991", True),
    "density": Metric("density", -1, ("noise",), "arXiv:2002.09797"),
    "recall": Metric("recall", -1, ("collapse",), "arXiv:1904.06991", True),
    "coverage": Metric("coverage", -1, ("collapse", "classes"), "arXiv:2002.09797", True),
    "vendi": Metric("Vendi score", -1, ("collapse",), "arXiv:2210.02410", in_domain=("classes",)),
    "inception_score": Metric("Inception Score", -1, (), "arXiv:1606.03498", in_domain=("classes",)),
    "memorised": Metric("memorised share", 1, ("memorised",), "arXiv:2310.02664", True),
    "patches_fine": Metric("patches, finest level", 1, QUALITY, "arXiv:1710.10196"),
    "patches_coarse": Metric("patches, coarsest level", 1, (), "arXiv:1710.10196"),
    "bins": Metric("different bins (NDB)", 1, ("collapse", "classes"), "arXiv:1805.12462"),
}

"""Learning-rate schedules, as functions of the share of the budget that is spent, in [0, 1]."""


def linear_decay(progress: float, start: float) -> float:
    """Learning-rate factor: 1 until `start`, then linear to 0 at the end of the budget (arXiv:1703.10593, appendix 7.1: start 0.5)."""
    return 1.0 if progress <= start else max(0.0, (1 - progress) / (1 - start))

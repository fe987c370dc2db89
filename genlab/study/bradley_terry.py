"""Ranking of models from choices between two of them.

P(i is preferred to j) = 1 / (1 + exp(b_j - b_i)), Bradley and Terry, Biometrika 39 (1952). The package choix estimates b, but neither its
covariance nor whether a finite estimate exists, which intervals need: hence the thirty lines of Newton's method here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genlab.study.shares import CONFIDENCE

STEPS, TOLERANCE = 200, 1e-12
HALF = 0.5  # of a choice, added to both outcomes of each compared pair if no finite estimate exists


class Choice(NamedTuple):
    """One answer: the winner was preferred to the loser."""

    winner: int  # number of a model
    loser: int
    participant: int


class Ranking(NamedTuple):
    """Strengths of K models, with mean 0, and their intervals. exp(b_i - b_j) are the odds that i is preferred to j."""

    strength: np.ndarray  # (K,)
    low: np.ndarray
    high: np.ndarray
    covariance: np.ndarray  # (K, K), with which the interval of a difference can be computed
    finite: bool  # False: some models were always or never preferred to others, and half a choice was added to each outcome

    def difference(self, first: int, second: int, quantile: float) -> tuple[float, float, float]:
        """b_first - b_second -> (value, low, high), with a quantile of the standard normal or of Student's distribution."""
        contrast = np.zeros(len(self.strength))
        contrast[first], contrast[second] = 1, -1
        value, error = float(contrast @ self.strength), float(np.sqrt(max(contrast @ self.covariance @ contrast, 0)))
        return value, value - quantile * error, value + quantile * error


def ranked(choices: Sequence[Choice], models: int, confidence: float = CONFIDENCE) -> Ranking:
    """Estimate strengths by maximum likelihood. Every model needs a chain of comparisons to every other.

    The covariance of independent choices is the inverse of the observed information. Choices of one participant depend on each other if
    participants differ, so the covariance by participants (the sandwich, with the factor P / (P - 1)) is computed as well, and intervals
    have the larger of the two errors, with the quantile of Student's distribution with P - 1 degrees for the second.

    Raises:
        ValueError: some models are not connected by comparisons.
    """
    wins = np.zeros((models, models))
    for choice in choices:
        wins[choice.winner, choice.loser] += 1
    compared = (wins + wins.T) > 0
    if not reaches_all(compared):
        raise ValueError("models are not connected by comparisons")
    # Ford, American Mathematical Monthly 64 (1957): finite if and only if each model can be reached from each other by wins.
    finite = reaches_all(wins > 0) and reaches_all(wins.T > 0)
    if not finite:
        wins = wins + HALF * compared
    strength = newton(wins)
    centre = np.eye(models) - 1 / models
    inverse = centre @ np.linalg.pinv(information(wins, strength)) @ centre
    error = np.sqrt(np.diag(inverse)) * normal_quantile(confidence)
    covariance = inverse
    participants = len({choice.participant for choice in choices})
    if participants > 1:
        clustered = inverse @ scores_by_participant(choices, strength) @ inverse * participants / (participants - 1)
        wider = np.sqrt(np.diag(clustered).clip(0)) * student_quantile(confidence, participants - 1)
        # One covariance for all differences: that of independent choices, scaled up where participants differ.
        covariance = inverse * max(1.0, float(((wider / error) ** 2).max()))
        error = np.maximum(error, wider)
    return Ranking(strength, strength - error, strength + error, covariance, finite)


def newton(wins: np.ndarray) -> np.ndarray:
    """Maximise the log-likelihood, which is concave, for numbers of wins (K, K) -> strengths (K,) with mean 0."""
    strength = np.zeros(len(wins))
    value = likelihood(wins, strength)
    for _ in range(STEPS):
        odds = probability(strength)
        gradient = (wins * (1 - odds)).sum(1) - (wins * (1 - odds)).sum(0)
        step = np.linalg.pinv(information(wins, strength)) @ gradient
        while (new := likelihood(wins, strength + step)) < value - TOLERANCE and np.abs(step).max() > TOLERANCE:
            step = step / 2
        strength, value = strength + step, new
        if np.abs(step).max() < TOLERANCE:
            break
    return np.asarray(strength - strength.mean())


def probability(strength: np.ndarray) -> np.ndarray:
    """P(i is preferred to j), (K, K)."""
    return np.asarray(1 / (1 + np.exp(strength[None, :] - strength[:, None])))


def likelihood(wins: np.ndarray, strength: np.ndarray) -> float:
    """Log-likelihood of numbers of wins (K, K)."""
    return -float((wins * np.logaddexp(0, strength[None, :] - strength[:, None])).sum())


def information(wins: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Observed information, the negative Hessian of the log-likelihood, (K, K); singular along (1, ..., 1)."""
    odds = probability(strength)
    weights = (wins + wins.T) * odds * (1 - odds)
    return np.asarray(np.diag(weights.sum(1)) - weights)


def scores_by_participant(choices: Sequence[Choice], strength: np.ndarray) -> np.ndarray:
    """Sum over participants of s s^T, where s is the gradient of the log-likelihood of one participant's choices, (K, K)."""
    odds = probability(strength)
    scores: dict[int, np.ndarray] = {}
    for winner, loser, participant in choices:
        score = scores.setdefault(participant, np.zeros(len(strength)))
        score[winner] += 1 - odds[winner, loser]
        score[loser] -= 1 - odds[winner, loser]
    stacked = np.stack(list(scores.values()))
    return np.asarray(stacked.T @ stacked)


def reaches_all(edges: np.ndarray) -> bool:
    """Whether every node of a graph (K, K) can be reached from the first one."""
    reached = {0}
    frontier = [0]
    while frontier:
        node = frontier.pop()
        for other in np.flatnonzero(edges[node]):
            if int(other) not in reached:
                reached.add(int(other))
                frontier.append(int(other))
    return len(reached) == len(edges)


def normal_quantile(confidence: float) -> float:
    """Quantile of the standard normal distribution for a two-sided interval: 1.96 for 0.95."""
    from scipy.stats import norm

    return float(norm.ppf((1 + confidence) / 2))


def student_quantile(confidence: float, degrees: int) -> float:
    """Quantile of Student's distribution for a two-sided interval."""
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, degrees))

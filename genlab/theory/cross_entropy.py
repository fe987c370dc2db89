"""The critic's loss is binary cross-entropy with labels 1 and 0; cross-entropy of a worked example."""

import math

import torch
from torch.nn.functional import binary_cross_entropy as cross_entropy_of_probabilities
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from genlab.losses.adversarial import binary_cross_entropy
from genlab.pictures.draw import plotted
from genlab.theory.claim import Claim, Measurement, Picture, Table
from genlab.theory.drawing import curves

CLASSES = ("boy", "girl", "other")
TRUTH = (0, 0, 1, 2)  # true class of each of four rows
MODELS = {  # probabilities of the classes in each row
    "model 1": ((0.5, 0.3, 0.2), (0.4, 0.3, 0.3), (0.3, 0.4, 0.3), (0.3, 0.6, 0.1)),
    "model 2": ((0.7, 0.2, 0.1), (0.6, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.6)),
}
IN_BITS = {"model 1": 6.966, "model 2": 2.725}  # total cross-entropy of the worked example
BY_CLASS = (2.322, 1.322, 3.322)  # of model 1
ROUNDED = 5.1e-4  # the values of the example have three decimals


class CrossEntropy:
    """Compares the critic's loss with torch's binary cross-entropy, and computes the worked example in bits."""

    def __init__(self, logits: int = 1000):  # number of random logits of each of real and fake images
        self.logits = logits

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        generator = torch.Generator().manual_seed(seed)
        real, fake = 5 * torch.randn(2, self.logits, generator=generator, dtype=torch.float64)
        ours = float(binary_cross_entropy(real, fake).mean())
        logits, labels = torch.cat([real, fake]), torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
        by_torch = 2 * float(binary_cross_entropy_with_logits(logits, labels))
        totals = {name: bits(rows) for name, rows in MODELS.items()}
        measurements = [Measurement("loss of the critic, against binary cross-entropy of labels 1 and 0", by_torch, ours, 1e-12)]
        for name, expected in IN_BITS.items():
            measurements.append(Measurement(f"cross-entropy of {name}, bits", expected, sum(totals[name]), ROUNDED, reason="rounding"))
        for name, expected, measured in zip(CLASSES, BY_CLASS, totals["model 1"], strict=True):
            measurements.append(Measurement(f"model 1, rows of {name}, bits", expected, measured, ROUNDED, reason="rounding"))
        measurements.append(Measurement("error rate of model 1", 0.25, error_rate("model 1")))
        measurements += certainty()
        return Claim(
            "Cross-entropy is the critic's loss",
            STATEMENT,
            r"L_D = -\frac{1}{m}\sum_{i=1}^m \log D(x_i) - \frac{1}{m}\sum_{i=1}^m \log\big(1 - D(G(z_i))\big) "
            r"= 2\,\mathrm{BCE}\big(D, y\big), \quad y = 1 \text{ for } x_i,\; 0 \text{ for } G(z_i)",
            "Goodfellow et al. 2014 (arXiv:1406.2661), equation 1",
            tuple(measurements),
            FINDINGS,
            (worked_example(),),
            {"certainty": picture()},
        )


STATEMENT = """The critic of the original GAN is a classifier: it labels real images 1 and generated ones 0, and minimises the binary
cross-entropy. The first row compares the library's loss with torch's `binary_cross_entropy_with_logits` on random logits.

The worked example has four rows with the classes boy, boy, girl and other. The cross-entropy of a row is minus the logarithm, here to base
2, of the probability that the model gives to the row's true class. The example's text gives the sums; the probabilities of the rows in
the table are chosen such that they yield these sums."""

FINDINGS = (
    "A probability of 0 for the true class has an infinite cross-entropy: one such row makes the sum infinite, whatever the others are. "
    "From a probability, the loss can only be cut off: torch's `binary_cross_entropy` limits the logarithm to -100. From a logit $l$, the "
    r"stable form $-\log\sigma(l) = \log(1 + e^{-l})$ is exact: it grows linearly, and its gradient does not vanish.",
)


def bits(rows: tuple[tuple[float, ...], ...]) -> list[float]:
    """Cross-entropy of the rows of each class, in bits, computed by torch from the logarithms of the probabilities."""
    logarithms, truth = torch.tensor(rows, dtype=torch.float64).log(), torch.tensor(TRUTH)
    each = cross_entropy(logarithms, truth, reduction="none") / math.log(2)
    return [float(each[truth == number].sum()) for number in range(len(CLASSES))]


def error_rate(model: str) -> float:
    """Share of rows whose most probable class is not the true one."""
    predicted = torch.tensor(MODELS[model]).argmax(1)
    return float((predicted != torch.tensor(TRUTH)).double().mean())


def certainty() -> list[Measurement]:
    """Loss and gradient of a critic that is certain and wrong, in the stable form and from a probability of 0."""
    logit = torch.tensor(-1000.0, dtype=torch.float64, requires_grad=True)
    stable = binary_cross_entropy(logit, torch.tensor(-torch.inf, dtype=torch.float64))
    (slope,) = torch.autograd.grad(stable, logit)
    cut = float(cross_entropy_of_probabilities(torch.zeros((), dtype=torch.float64), torch.ones((), dtype=torch.float64)))
    return [
        Measurement("$-\\log \\sigma(-1000)$, stable form", 1000.0, float(stable.detach())),
        Measurement("its gradient with respect to the logit", -1.0, float(slope)),
        Measurement("the same from the probability, which is 0 in floating point", 100.0, cut),
    ]


def picture() -> Picture:
    """The loss of a real image over the critic's logit: in the stable form, and from the probability in single precision."""
    logits = torch.linspace(-150, 10, 81)
    stable = binary_cross_entropy(logits, torch.full_like(logits, -torch.inf))
    cut = cross_entropy_of_probabilities(logits.sigmoid(), torch.ones_like(logits), reduction="none")
    lines = {"-log sigma(l), stable form": stable.tolist(), "-log D, from the probability": cut.tolist()}
    plot = curves(logits.tolist(), lines, "logit l", "loss, nats", dashed=tuple(lines))
    caption = (
        "The loss of a real image whose logit is $l$. The probability is 0 in single precision below about -88, where the loss is cut off "
        "at 100 and its gradient is 0; from the logit it goes on."
    )
    return Picture(caption, (plotted(plot, width=7, height=3.2),))


def worked_example() -> Table:
    """Table of the rows of the example: probabilities of the true classes, and their cross-entropies."""
    rows = []
    for index, number in enumerate(TRUTH):
        values = [MODELS[name][index] for name in MODELS]
        cells = [f"{probabilities[number]:.1f}" for probabilities in values]
        cells += [f"{-math.log2(probabilities[number]):.3f}" for probabilities in values]
        right = ["yes" if max(probabilities) == probabilities[number] else "no" for probabilities in values]
        rows.append((f"{index + 1}: {CLASSES[number]}", cells[0], cells[2], right[0], cells[1], cells[3], right[1]))
    sums = {name: f"{sum(bits(MODELS[name])):.3f}" for name in MODELS}
    rows.append(
        ("sum", "", sums["model 1"], f"{error_rate('model 1'):.0%} wrong", "", sums["model 2"], f"{error_rate('model 2'):.0%} wrong")
    )
    columns = ("row: true class", "model 1: p(true)", "bits", "right", "model 2: p(true)", "bits", "right")
    return Table("The worked example", columns, tuple(rows), "Both models are scored on the same four rows, in bits.")

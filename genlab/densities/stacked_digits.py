"""Stacked digits: three handwritten digits as the channels of one image, 1,000 modes that a classifier counts.

Metz et al. 2016 (arXiv:1611.02163), section 3.3.1, and Srivastava et al. 2017 (arXiv:1705.07761), section 5.2, stack digits of MNIST. Here
they are the 1,797 digits of scikit-learn, 8 px, with 17 grey levels.
"""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

LEVELS = 17  # grey levels
CHANNELS, SIDE, DIGITS = 3, 8, 10


class StackedDigits:
    """Three independent, uniformly drawn digits as the channels of an image of 8 px. The mode is the number that they spell, 0 to 999.

    The digits are split into halves: one that samples are made of, and one that the classifier is trained on, so that its accuracy on the
    first is known. The classifier is scikit-learn's support vector machine with a Gaussian kernel.
    """

    dimensions = CHANNELS * SIDE * SIDE
    extent = 1.0  # samples are in [-1, 1]
    classes = DIGITS**CHANNELS  # number of modes

    @cached_property
    def data(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Digits (N, 64) in [-1, 1] and labels of the samples' half, then of the classifier's half."""
        from sklearn.datasets import load_digits

        found = load_digits()
        images = torch.from_numpy(found.data) / ((LEVELS - 1) / 2) - 1
        labels = torch.from_numpy(found.target)
        return images[::2], labels[::2], images[1::2], labels[1::2]

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw samples, (count, 192), float64 in [-1, 1]."""
        images, labels, _, _ = self.data
        digits = torch.randint(DIGITS, (count, CHANNELS), generator=generator)
        shares = torch.rand(count, CHANNELS, generator=generator)
        chosen = torch.empty_like(digits)
        for digit in range(DIGITS):  # all digits are equally likely, although their numbers of images differ
            members = torch.nonzero(labels == digit).flatten()
            here = digits == digit
            chosen[here] = members[(shares[here] * len(members)).long()]
        return images[chosen].flatten(1)

    @cached_property
    def classifier(self) -> object:
        """A support vector machine that has been fitted to the classifier's half."""
        from sklearn.svm import SVC

        _, _, images, labels = self.data
        return SVC(gamma=0.064, C=10.0).fit(images.numpy(), labels.numpy())  # gamma for pixels in [-1, 1]; 0.001 for 0 to 16

    @cached_property
    def accuracy(self) -> float:
        """Accuracy of the classifier on single digits of the samples' half."""
        images, labels, _, _ = self.data
        return float((self.digits(images) == labels).double().mean())

    def digits(self, images: Tensor) -> Tensor:
        """Single digits (N, 64) in [-1, 1] -> recognised digits (N,)."""
        found: np.ndarray = self.classifier.predict(images.clamp(-1, 1).double().numpy())  # type: ignore[attr-defined]
        return torch.from_numpy(found)

    def mode_of(self, points: Tensor) -> Tensor:
        """Samples (N, 192) -> their modes (N,), 0 to 999, as the classifier recognises them."""
        digits = self.digits(points.reshape(-1, SIDE * SIDE)).reshape(-1, CHANNELS)
        return digits @ torch.tensor([100, 10, 1])

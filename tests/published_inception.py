"""The FID Inception network as plain calls of torch.nn.functional, the reference of its tests, and random weights for it.

It is written from the published description (arXiv:1512.00567; the differences of the FID network as pytorch-fid and torch-fidelity
describe them): kernels, strides, paddings, pooling, and the order of the branches, one call per line.
"""

import torch
from torch.nn import functional as F

from genlab.extractors.inception_network import Network


def random_state(seed=0):
    """A state_dict whose activations neither vanish nor explode, and whose batch norm is far from the identity."""
    random = torch.Generator().manual_seed(seed)
    state = Network().state_dict()
    for name, tensor in state.items():
        if name.endswith(("bn.weight", "running_var")):
            tensor.uniform_(0.5, 1.5, generator=random)
        elif tensor.dim() == 1:
            tensor.normal_(0, 0.2, generator=random)
        else:
            tensor.normal_(0, (2 / tensor[0].numel()) ** 0.5, generator=random)
    return state


def published(state, image):
    """Name -> output of every layer, for images (N, 3, 299, 299)."""

    def unit(x, name, stride=1, padding=0):
        x = F.conv2d(x, state[f"{name}.conv.weight"], stride=stride, padding=padding)
        mean, variance, scale, shift = (
            state[f"{name}.bn.{part}"].view(1, -1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
        )
        return ((x - mean) / (variance + 0.001).sqrt() * scale + shift).clamp(min=0)

    def average(x):  # sum over the window / number of its positions inside the image
        inside = torch.ones_like(x[:1, :1])
        return F.avg_pool2d(x, 3, 1, 1) / F.avg_pool2d(inside, 3, 1, 1)

    def a(x, name):
        one = unit(x, f"{name}.branch1x1")
        five = unit(unit(x, f"{name}.branch5x5_1"), f"{name}.branch5x5_2", padding=2)
        three = unit(x, f"{name}.branch3x3dbl_1")
        three = unit(three, f"{name}.branch3x3dbl_2", padding=1)
        three = unit(three, f"{name}.branch3x3dbl_3", padding=1)
        return torch.cat([one, five, three, unit(average(x), f"{name}.branch_pool")], 1)

    def b(x, name):
        three = unit(x, f"{name}.branch3x3", stride=2)
        double = unit(x, f"{name}.branch3x3dbl_1")
        double = unit(double, f"{name}.branch3x3dbl_2", padding=1)
        double = unit(double, f"{name}.branch3x3dbl_3", stride=2)
        return torch.cat([three, double, F.max_pool2d(x, 3, 2)], 1)

    def c(x, name):
        one = unit(x, f"{name}.branch1x1")
        seven = unit(x, f"{name}.branch7x7_1")
        seven = unit(seven, f"{name}.branch7x7_2", padding=(0, 3))
        seven = unit(seven, f"{name}.branch7x7_3", padding=(3, 0))
        double = unit(x, f"{name}.branch7x7dbl_1")
        double = unit(double, f"{name}.branch7x7dbl_2", padding=(3, 0))
        double = unit(double, f"{name}.branch7x7dbl_3", padding=(0, 3))
        double = unit(double, f"{name}.branch7x7dbl_4", padding=(3, 0))
        double = unit(double, f"{name}.branch7x7dbl_5", padding=(0, 3))
        return torch.cat([one, seven, double, unit(average(x), f"{name}.branch_pool")], 1)

    def d(x, name):
        three = unit(unit(x, f"{name}.branch3x3_1"), f"{name}.branch3x3_2", stride=2)
        seven = unit(x, f"{name}.branch7x7x3_1")
        seven = unit(seven, f"{name}.branch7x7x3_2", padding=(0, 3))
        seven = unit(seven, f"{name}.branch7x7x3_3", padding=(3, 0))
        seven = unit(seven, f"{name}.branch7x7x3_4", stride=2)
        return torch.cat([three, seven, F.max_pool2d(x, 3, 2)], 1)

    def e(x, name, pool):
        one = unit(x, f"{name}.branch1x1")
        three = unit(x, f"{name}.branch3x3_1")
        three = [unit(three, f"{name}.branch3x3_2a", padding=(0, 1)), unit(three, f"{name}.branch3x3_2b", padding=(1, 0))]
        double = unit(unit(x, f"{name}.branch3x3dbl_1"), f"{name}.branch3x3dbl_2", padding=1)
        double = [unit(double, f"{name}.branch3x3dbl_3a", padding=(0, 1)), unit(double, f"{name}.branch3x3dbl_3b", padding=(1, 0))]
        return torch.cat([one, *three, *double, unit(pool(x), f"{name}.branch_pool")], 1)

    seen = {}
    x = seen["Conv2d_1a_3x3"] = unit(image, "Conv2d_1a_3x3", stride=2)
    x = seen["Conv2d_2a_3x3"] = unit(x, "Conv2d_2a_3x3")
    x = seen["Conv2d_2b_3x3"] = unit(x, "Conv2d_2b_3x3", padding=1)
    x = seen["first pool"] = F.max_pool2d(x, 3, 2)
    x = seen["Conv2d_3b_1x1"] = unit(x, "Conv2d_3b_1x1")
    x = seen["Conv2d_4a_3x3"] = unit(x, "Conv2d_4a_3x3")
    x = seen["second pool"] = F.max_pool2d(x, 3, 2)
    for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = seen[name] = a(x, name)
    x = seen["Mixed_6a"] = b(x, "Mixed_6a")
    for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = seen[name] = c(x, name)
    x = seen["Mixed_7a"] = d(x, "Mixed_7a")
    x = seen["Mixed_7b"] = e(x, "Mixed_7b", average)
    seen["Mixed_7c"] = e(x, "Mixed_7c", lambda maps: F.max_pool2d(maps, 3, 1, 1))
    return seen

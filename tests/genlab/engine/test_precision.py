"""float64 is kept off devices that do not have it, as Apple's GPU. torch's device `meta` stands in for it."""

import functools

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from genlab.engine import precision
from genlab.engine.compute import Compute
from genlab.engine.loop import weight_sums
from genlab.engine.recipe import Recipe
from genlab.engine.stream import Stream
from genlab.mixtures.covariances.variances import Diagonal
from genlab.mixtures.projection import PrincipalComponents
from genlab.mixtures.starts import KMeans
from genlab.networks.latents import truncated
from genlab.recipes.mixture import Mixture


class RefuseFloat64(TorchDispatchMode):
    """Fails at any operation that creates a float64 tensor on a type of device."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        results = function(*args, **(kwargs or {}))
        for result in results if isinstance(results, tuple | list) else [results]:
            if isinstance(result, torch.Tensor) and (result.dtype, result.device.type) == (torch.float64, self.kind):
                raise TypeError(f"{function}: a float64 tensor on a device of type {self.kind}")
        return results


class Small(Recipe):
    def __init__(self, device="cpu"):
        super().__init__()
        self.network = nn.Linear(3, 2, device=device)


@pytest.mark.parametrize("use", [lambda latents: truncated(latents, 1.0), lambda latents: precision.in_float64(latents).sum()])
def test_reductions_are_on_the_cpu_where_the_device_has_no_float64(use, monkeypatch):
    with FakeTensorMode(), RefuseFloat64("meta"):
        latents = torch.empty(4, 3, device="meta")
        with pytest.raises(TypeError, match="a float64 tensor on a device of type meta"):
            use(latents)
        monkeypatch.setattr(precision, "NO_FLOAT64", ("meta",))
        use(latents)
        assert truncated(latents, 1.0).device.type == "meta"


def test_weights_are_summed_on_the_cpu_where_the_device_has_no_float64(monkeypatch):
    monkeypatch.setattr(precision, "NO_FLOAT64", ("meta",))
    with FakeTensorMode(), RefuseFloat64("meta"):
        assert {name: value.device.type for name, value in weight_sums(Small("meta")).items()} == {"network/weights": "cpu"}


def mixture(**arguments) -> Mixture:
    torch.manual_seed(0)
    return Mixture(4, 2, Diagonal, KMeans(), **{"projection": PrincipalComponents(3), "dtype": "float64"} | arguments)


def test_mixtures_stay_on_the_cpu_where_the_device_has_no_float64(monkeypatch):
    compute, gpu = Compute(device="cpu", channels_last=False), torch.device("meta")
    compute.device = gpu
    monkeypatch.setattr(precision, "NO_FLOAT64", ("meta",))
    assert {value.device.type for value in compute.prepare(mixture()).state_dict().values()} == {"cpu"}
    assert {value.device.type for value in compute.prepare(Small()).state_dict().values()} == {"meta"}
    assert precision.device_of_states(gpu).type == "cpu" and precision.device_of_states(torch.device("cpu")).type == "cpu"
    monkeypatch.setattr(precision, "NO_FLOAT64", ())
    assert {value.device.type for value in compute.prepare(mixture()).state_dict().values()} == {"meta"}
    assert precision.device_of_states(gpu) == gpu


class Elsewhere(torch.Tensor):
    """Images on another device, without float64: only `.to(device)` makes ordinary tensors of them."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name == "to" and args[1:] == (torch.device("cpu"),):
            return args[0].as_subclass(torch.Tensor)
        assert not any(each is torch.float64 for each in args) and name != "double", f"{name} to float64"
        return super().__torch_function__(function, types, args, kwargs)


def test_a_mixture_moves_images_to_its_own_device_before_it_converts_them():
    class Source:
        epoch = 40

        def __init__(self, kind):
            self.kind = kind

        def batches(self, start):
            for number in range(start, 100):
                images = torch.rand(20, 1, 4, 4, generator=torch.Generator().manual_seed(number % 2))
                yield {"image": (images * 2 - 1).as_subclass(self.kind)}

    found = []
    for kind in (torch.Tensor, Elsewhere):
        recipe, stream = mixture(levels=17), Stream(Source(kind))
        for turn in range(4):
            stream.start_turn(turn)
            recipe.expectation_maximisation(stream)
        batch = stream.batch
        torch.manual_seed(0)
        found.append([recipe.best.means, recipe.bounds(batch)["log_likelihood"], recipe.responsibilities(batch), recipe.reconstruct(batch)])
    assert all(type(other) is torch.Tensor and torch.equal(mine, other) for mine, other in zip(*found, strict=True))


def test_conversion_on_other_devices_is_plain():
    values = torch.randn(5)
    assert torch.equal(precision.in_float64(values), values.double())
    bounded = functools.partial(truncated, bound=0.7)
    assert torch.equal(bounded(values), bounded(values.clone())) and bounded(values).dtype == torch.float32

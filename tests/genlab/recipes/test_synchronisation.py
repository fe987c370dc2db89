"""During a turn, with images that stay on the device, the host waits for it only to log: once, for all terms together.

Recipes are trained on torch's device `meta`, whose tensors have no values: whatever would fetch a value from a GPU is seen here.
"""

import contextlib
import traceback
from collections import Counter

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.device.cases import case, image_set, names
from genlab.build import build
from genlab.engine.loop import train
from genlab.engine.stream import Stream
from genlab.images.feeding.source import ImageSource

TURNS = 2  # in the first, everything is due that is done every few turns
LOGGED = "loop.py: finite"  # the transfer of the terms
FIRST = "remembered.py: read"  # the first reading of a counter, which is known from then on
SIZES = (torch.ops.aten.nonzero, torch.ops.aten.masked_select, torch.ops.aten._unique2)  # their sizes depend on values
# Mixtures are left out: EM decides on the host which images count, and when it has converged. So are recipes that differ from others in
# their images or numbers only.
LEFT_OUT = ("gmm", "original_gan_", "pix2pix_flat", "pix2pix_satellite", "vae_digits", "vae_linear", "lsgan", "cgan")


class Waits(TorchDispatchMode):
    """Counts, by the place in genlab, what waits for the device; values that are asked for are 1."""

    def __init__(self):
        super().__init__()
        self.found = Counter()

    def note(self):
        frames = [frame for frame in traceback.extract_stack() if "/genlab/" in frame.filename and "/tests/" not in frame.filename]
        self.found[f"{frames[-1].filename.rpartition('/')[2]}: {frames[-1].name}"] += 1

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if any(isinstance(value, torch.Tensor) and value.is_meta for value in args):
            if function is torch.ops.aten._local_scalar_dense.default:
                self.note()
                return 1
            if function is torch.ops.aten._to_copy.default and torch.device(kwargs.get("device") or "meta").type == "cpu":
                self.note()
                return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
            masks = args[1] if function is torch.ops.aten.index.Tensor else ()
            if function._overloadpacket in SIZES or any(isinstance(mask, torch.Tensor) and mask.dtype == torch.bool for mask in masks):
                self.note()
        return function(*args, **kwargs)


class Lists(TorchFunctionMode):
    """Lets `Waits` see Tensor.tolist, which is not dispatched."""

    def __init__(self, waits):
        super().__init__()
        self.waits = waits

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.Tensor.tolist and args[0].is_meta:
            self.waits.note()
            return torch.zeros(args[0].shape).tolist()
        return function(*args, **(kwargs or {}))


def waits_of(name, monkeypatch) -> Counter:
    """What waits for the device in some turns of a recipe at test size."""
    autocast = torch.autocast  # does not accept `meta`
    monkeypatch.setattr(
        torch, "autocast", lambda device, *rest, **more: contextlib.nullcontext() if device == "meta" else autocast(device, *rest, **more)
    )
    each = case(name, "test").with_arguments(fused=False)  # there are no fused optimizers for `meta`
    images = ImageSource(image_set(each.images, 80), each.batch_size, 0, device="meta", channels_last=True, resident=True)
    with torch.device("meta"):
        recipe = build(each.model)
    waits = Waits()
    with waits, Lists(waits):
        for _, _ in zip(range(TURNS), train(recipe, Stream(images), 0, 10**6, each.batch_size, 0), strict=False):
            pass
    return waits.found


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith(LEFT_OUT)])
def test_a_turn_waits_for_the_device_once_to_log(name, monkeypatch):
    found = waits_of(name, monkeypatch)
    assert found.keys() <= {LOGGED, FIRST}
    assert TURNS <= found[LOGGED] <= TURNS + 1
    assert found[FIRST] <= 4  # two moving averages and two image pools have a counter each


def test_values_that_are_fetched_from_the_device_are_seen():
    waits = Waits()
    namespace: dict = {"torch": torch}
    code = "def fetch(x):\n    float(x.sum()); x.cpu(); x[x > 0]; x.nonzero(); x.tolist(); bool(x.any())\n"
    exec(compile(code, "/anywhere/genlab/fetching.py", "exec"), namespace)
    with waits, Lists(waits), contextlib.suppress(NotImplementedError):
        namespace["fetch"](torch.ones(3, device="meta"))
    assert waits.found["fetching.py: fetch"] >= 3

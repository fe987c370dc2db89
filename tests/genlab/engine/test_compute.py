"""Compute settings: device, precision and memory layout."""

import pytest
import torch
from torch import nn

from genlab.engine.compute import Compute
from genlab.engine.stream import Stream
from genlab.engine.updates import GradientUpdate
from genlab.errors import InputError


def test_auto_settings_fit_this_machine():
    place = Compute()
    there = torch.cuda.is_available() or torch.backends.mps.is_available()
    assert there or (place.device.type, place.precision.name, place.channels_last, place.compile, place.workers) == (
        "cpu",
        "fp32",
        False,
        False,
        0,
    )


def test_an_unavailable_device_or_precision_is_named():
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match=r"device: 'cuda:1' is not there\. On this machine: .*cpu"):
            Compute(device="cuda:1")
    with pytest.raises(InputError, match="fp16 on device 'cpu': half precision needs a CUDA GPU"):
        Compute(device="cpu", precision="fp16")


class Ones:
    def batches(self, start):
        while True:
            yield {"x": torch.ones(2, 4)}


def test_updates_in_bf16_keep_weights_in_fp32():
    place = Compute(device="cpu", precision="bf16", channels_last=True)
    network = nn.Linear(4, 1)
    seen = []

    def objective(batch):
        value = network(batch["x"])
        seen.append(value.dtype)
        return {"loss": value.float().square().mean()}

    update = GradientUpdate(objective, torch.optim.SGD(network.parameters(), lr=0.1))
    update.use(place.precision)
    stream = Stream(Ones())
    stream.start_turn(0)
    before = network.weight.clone()
    assert update(stream)["loss"].isfinite()
    assert seen == [torch.bfloat16]
    assert network.weight.dtype == torch.float32
    assert not torch.equal(network.weight, before)


def test_preparing_a_module_keeps_the_optimizers_parameters():
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    Compute(device="cpu", channels_last=True).prepare(network)
    assert network[0].weight is optimizer.param_groups[0]["params"][0]
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("resident", "free", "augmented", "expected"),
    [
        ("auto", 400, False, True),
        ("auto", 399, False, False),
        ("auto", 400, True, False),
        (True, 0, False, True),
        (False, 400, False, False),
    ],
)
def test_training_images_stay_on_a_gpu_if_they_take_a_quarter_of_its_free_memory(resident, free, augmented, expected, monkeypatch):
    place = Compute(device="cpu", resident=resident)
    if resident == "auto":
        assert not place.holds(1, augmented)  # on a CPU, images may be on the disk
    place.device = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 1000))
    assert place.holds(100, augmented) is expected
    assert "resident" not in place.settings()  # it changes no result

"""Tests of weights as bytes."""

import hashlib

import torch
from safetensors.torch import load, save
from torch import nn

from genlab.engine.weights import digest, separate, to_bytes


def test_the_hash_does_not_depend_on_order_memory_or_layout():
    weights = {"b": torch.arange(6.0).reshape(2, 3), "a": torch.ones(4, 3, 2, 2).to(memory_format=torch.channels_last)}
    again = {name: load(to_bytes(weights))[name] for name in ("a", "b")}
    assert to_bytes(again) == to_bytes(weights) == save({name: each.contiguous() for name, each in weights.items()})
    assert digest(again) == digest(weights) == hashlib.sha256(to_bytes(weights)).hexdigest()
    assert digest(again | {"b": again["b"] + 1}) != digest(again)


def test_shared_weights_are_stored_once_per_name():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    network = nn.Sequential(first, second)
    network.register_buffer("row", first.weight.detach()[1])
    loaded = load(to_bytes(network.state_dict()))
    assert set(loaded) == set(network.state_dict())
    assert all(torch.equal(loaded[name], each) for name, each in network.state_dict().items())
    assert len({each.untyped_storage().data_ptr() for each in separate(network.state_dict()).values()}) == 5

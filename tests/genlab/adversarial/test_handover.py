"""Handing the fakes of the generator's update over to the critic's."""

import pytest
import torch

from genlab.adversarial.handover import Handover


def test_fakes_are_handed_over_once():
    handover, fake = Handover(), torch.ones(2)
    handover.put({"fake": fake})
    assert handover.pop()["fake"] is fake
    with pytest.raises(RuntimeError, match=r"no fakes of this turn.*Keep the order of `updates`"):
        handover.pop()

import pytest
import torch

from genlab.adversarial.handover import Handover


def test_what_is_given_is_taken_once():
    handover, fake = Handover(), torch.ones(2)
    handover.put({"fake": fake})
    assert handover.pop()["fake"] is fake
    with pytest.raises(RuntimeError, match=r"no fakes of this turn.*Put 'generator' before 'critic'"):
        handover.pop()

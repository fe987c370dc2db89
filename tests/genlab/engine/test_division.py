"""Gradients, terms and buffers of a divided batch."""

import pytest
import torch
from torch import nn

from genlab.engine import parts
from genlab.engine.division import Division


class Recipe(nn.Module):
    """A loss that depends on a random draw for each image, on a running mean, and on the mean over the batch."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.5, -1.0], dtype=torch.float64))
        self.register_buffer("mean", torch.tensor(1.0, dtype=torch.float64))
        self.register_buffer("steps", torch.tensor(0))
        self.calls = 0

    def objective(self, batch):
        self.calls += 1
        images = batch["image"] + torch.randn(len(batch["image"]), 2, dtype=torch.float64)
        scores = images @ self.weight
        mean = parts.mean(scores.mean())
        with torch.no_grad():
            self.mean.lerp_(mean.detach(), 0.1)
            self.steps += 1
        return {"loss": scores.square().mean() + (mean - self.mean) ** 3, "score": scores.mean()}


def differentiated(accumulate):
    torch.manual_seed(3)
    recipe, batch = Recipe(), {"image": torch.randn(12, 2, dtype=torch.float64)}
    terms = Division(recipe, accumulate).differentiate(recipe.objective, lambda loss: loss.backward(), batch, 1, [recipe.weight])
    return recipe, terms, torch.rand(())


@pytest.mark.parametrize("accumulate", [2, 3, 12])
def test_parts_give_the_numbers_of_the_whole_batch(accumulate):
    whole, expected, next_draw = differentiated(1)
    recipe, terms, draw = differentiated(accumulate)
    torch.testing.assert_close(recipe.weight.grad, whole.weight.grad)
    torch.testing.assert_close(recipe.mean, whole.mean)
    assert recipe.steps == whole.steps == 1 and draw == next_draw
    assert {name: value.item() for name, value in terms.items()} == pytest.approx({name: value.item() for name, value in expected.items()})
    assert recipe.calls == 2 * accumulate  # once for the mean over the batch

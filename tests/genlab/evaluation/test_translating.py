"""What evaluation computes of translations, image by image; see also the tests of their scores, and of several devices."""

import pytest
import torch
from rank_recipes import CYCLES, PAIRS, images_for

from genlab.build import build
from genlab.evaluation.translating import is_random, joined_images

CPU = torch.device("cpu")


@pytest.mark.parametrize(("model", "expected"), [(PAIRS, True), (CYCLES, False)])  # pix2pix keeps its dropout
def test_a_recipe_that_draws_random_numbers_is_noticed(model, expected):
    torch.manual_seed(0)
    recipe = build(model)
    assert is_random(lambda: recipe.sample(torch.zeros(2, 1, 16, 16), "a_to_b"), CPU) is expected
    assert images_for(model).kind == ("paired" if expected else "unpaired")


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_joined_images_keep_their_order_and_their_memory_format(memory_format):
    images = torch.rand(5, 3, 4, 6).contiguous(memory_format=memory_format)
    joined = joined_images(iter(images.split(2)), 5)
    assert torch.equal(joined, images) and joined.stride() == images.stride()

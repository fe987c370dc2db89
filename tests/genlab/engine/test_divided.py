"""Torch functions within a part of a batch."""

import pytest
import torch
from torch.nn.functional import dropout

from genlab.engine.divided import within
from genlab.engine.parts import Part
from genlab.errors import InputError

IMAGES, PARTS = 12, 3
ROWS = torch.arange(IMAGES).chunk(PARTS)


def draws(draw, part=None):
    torch.manual_seed(1)
    with within(part):
        return draw(IMAGES if part is None else len(part.rows))


@pytest.mark.parametrize(
    "draw",
    [
        lambda n: torch.rand(n, 3),
        lambda n: torch.randn((n, 5), dtype=torch.float64),
        lambda n: torch.randn(size=(n,)),
        lambda n: torch.randint(9, (n, 2)),
        lambda n: torch.randint(-4, 5, size=(n,)),
        lambda n: torch.randn_like(torch.zeros(n, 2, 4, 4)),
        lambda n: torch.rand_like(torch.zeros(n, 3, 4, 4).to(memory_format=torch.channels_last)),
        lambda n: torch.zeros(n, 7).uniform_(-1, 1),
        lambda n: torch.bernoulli(torch.full((n, 4), 0.3)),
        lambda n: dropout(torch.ones(n, 6, 2, 2), 0.4),
        lambda n: torch.randn(n // 2, 3),  # a penalty on half of the images
        lambda n: torch.stack([torch.rand(()), torch.randn(())]).expand(n, 2),  # equal for all images
    ],
)
def test_parts_draw_the_rows_of_the_whole_batch(draw):
    whole = draws(draw)
    parts = [draws(draw, Part(number, PARTS, rows, number, {})) for number, rows in enumerate(ROWS)]
    assert torch.equal(torch.cat(parts)[: len(whole)] if whole.shape[0] < IMAGES else torch.cat(parts), whole)


def test_real_images_and_fakes_that_are_augmented_together_keep_their_own_draws():
    whole = draws(lambda n: torch.rand(2 * n, 3)).chunk(2)
    for number, rows in enumerate(ROWS):
        part = draws(lambda n: torch.rand(2 * n, 3), Part(number, PARTS, rows, number, {})).chunk(2)
        assert all(torch.equal(some, both[rows]) for some, both in zip(part, whole, strict=True))


def test_draws_that_cannot_be_divided_are_errors():
    part = Part(0, PARTS, ROWS[0], 0, {})
    with within(part), pytest.raises(InputError, match="randperm: its draws cannot be divided"):
        torch.randperm(4)
    with within(part), pytest.raises(InputError, match="a draw of 3 random rows for 4 images of a divided batch"):
        torch.rand(3)
    with within(part), pytest.raises(InputError, match="accumulate: batch norm mixes"):
        torch.nn.BatchNorm2d(2)(torch.ones(4, 2, 3, 3))


def test_nothing_is_divided_outside_a_part():
    assert torch.equal(draws(lambda n: torch.rand(n)), draws(lambda n: torch.rand(IMAGES)))
    assert torch.randperm(4).shape == (4,)

"""Parts of a batch."""

import torch

from genlab.engine import parts
from genlab.engine.divided import within
from genlab.engine.parts import Part, joined_rows


def test_the_images_of_all_ranks_are_those_of_the_batch():
    for count, accumulate, joined in ((1, 1, 1), (2, 1, 1), (4, 1, 2), (2, 3, 1), (1, 2, 4)):
        images = 24 // (count * joined)
        rows = [joined_rows(rank, count, images, accumulate, joined) for rank in range(count)]
        assert torch.cat(rows).sort().values.tolist() == list(range(24))


def test_parts_that_are_computed_at_the_same_time_are_neighbours():
    first, second = (joined_rows(rank, 2, 4, 2, 1).chunk(2) for rank in range(2))
    assert torch.cat([first[0], second[0]]).tolist() == [0, 1, 2, 3] and torch.cat([first[1], second[1]]).tolist() == [4, 5, 6, 7]


def test_functions_outside_a_part_return_their_argument():
    values = torch.rand(4)
    assert parts.mean(values) is values and parts.gather(values) is values and parts.own(values) is values
    assert parts.count(3) == 3 and parts.accumulated() == 0 and parts.leading({"label": values}, "label", 2).tolist() == values[:2].tolist()


def test_the_mean_over_parts_of_gradients_is_the_gradient_at_the_mean_of_the_batch():
    values = torch.tensor([1.0, 2.0, 5.0, 8.0], requires_grad=True)
    (expected,) = torch.autograd.grad(values.mean() ** 3, values)
    total = torch.zeros(4)
    for number, rows in enumerate(torch.arange(4).chunk(2)):
        with within(Part(number, 2, rows, number, {}, known=iter([values.detach().mean()]))):
            mean = parts.mean(values[rows].mean())
        assert mean == values.mean()
        total += torch.autograd.grad(mean**3, values)[0] / 2
    torch.testing.assert_close(total, expected)


def test_a_draw_for_the_first_half_of_a_batch_has_the_labels_of_the_first_half():
    batch = {"label": torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])}
    found = []
    for number, rows in enumerate(torch.arange(8).chunk(2)):
        with within(Part(number, 2, rows, number, batch)):
            found.append(parts.leading({"label": batch["label"][rows]}, "label", 2))
    assert torch.cat(found).tolist() == [3, 1, 4, 1]

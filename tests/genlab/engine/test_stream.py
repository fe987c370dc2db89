"""Streams of batches: joined batches, positions and intervals."""

import torch

from genlab.engine.stream import Stream


class Numbered:
    """A source whose batch i holds the number i twice."""

    epoch = 100

    def batches(self, start):
        while True:
            yield {"x": torch.full((2, 1), float(start))}
            start += 1


def test_batches_can_be_joined():
    stream = Stream(Numbered())
    stream.start_turn(0, 3)
    assert stream.batch["x"].flatten().tolist() == [0, 0, 1, 1, 2, 2] and stream.position == 3 and stream.seen == 6
    assert next(stream)["x"].flatten().tolist() == [3, 3, 4, 4, 5, 5]  # the same number for a network's second step
    stream.start_turn(3)
    assert stream.batch["x"].flatten().tolist() == [6, 6] and stream.seen == 8


def test_is_due_is_true_once_per_interval_however_many_batches_are_joined():
    stream, crossed, number = Stream(Numbered()), [], 0
    for joined in (3, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1):
        stream.start_turn(number, joined)
        if stream.is_due(4):
            crossed.append((number, joined))
        number += joined
    assert crossed == [(0, 3), (3, 3), (6, 3), (11, 2), (16, 1)]  # 0, 4, 8, 12, 16 (of 20)

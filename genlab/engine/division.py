"""Gradients of an objective on a divided batch: those of the whole batch, from its parts on several ranks or one after another."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from genlab.engine import ranks
from genlab.engine.divided import within
from genlab.engine.parts import Batch, InOrder, Part, joined_rows

Terms = dict[str, Tensor]


class Division:
    """Computes an objective and its gradients on the parts of a batch, with the results of the whole batch.

    Every part starts from the same buffers and the same random numbers. The gradients, the changes of the buffers and the terms are
    averaged over all parts. Modules derived from `InOrder` take the parts of a rank one after another instead.
    """

    def __init__(
        self,
        module: nn.Module,  # the recipe, whose buffers the objective may change
        accumulate: int,  # number of parts that each rank computes one after another
    ):
        self.module, self.accumulate = module, accumulate

    def differentiate(
        self,
        objective: Callable[[Batch], Terms],
        backward: Callable[[Tensor], None],  # adds the gradients of a loss to those of the parameters
        batch: Batch,  # of this rank
        joined: int,  # batches of the source that are joined into this one
        parameters: Sequence[nn.Parameter],
    ) -> Terms:
        """Return the terms of the whole batch, and set the gradients of the parameters to those of its loss."""
        parts, start = self.split(batch, joined), Start(self.module, next(iter(batch.values())).device)
        asked: list[Tensor] = []
        terms = start.run(objective, *parts[0], statistics=asked)
        known = None
        if asked and self.accumulate > 1:  # means over the whole batch, which are needed before the gradients of the first part
            means = [asked, *(start.means(objective, *part) for part in parts[1:])]
            known = [torch.stack(each).mean(0) for each in zip(*means, strict=True)]
            terms = start.run(objective, *parts[0], known=iter(known))
        found, changes = [], []
        for number, part in enumerate(parts):
            if number:
                terms = start.run(objective, *part, known=None if known is None else iter(known))
            backward(terms["loss"] / self.accumulate)
            found.append({name: term.detach() for name, term in terms.items()})
            changes.append(start.changes())
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        moved, values = start.mean(changes), torch.stack([torch.stack([each[name].float() for each in found]).mean() for name in found[0]])
        ranks.average([*gradients, *moved.values(), values])  # in one message
        start.apply(moved)
        return dict(zip(found[0], values.unbind(), strict=True))

    def split(self, batch: Batch, joined: int) -> list[tuple[Part, Batch]]:
        """Parts of this rank, with their images."""
        images, count = len(next(iter(batch.values()))), ranks.count()
        rows = joined_rows(ranks.number(), count, images // joined, self.accumulate, joined).chunk(self.accumulate)
        chunks = {name: values.chunk(self.accumulate) for name, values in batch.items()}
        return [
            (
                Part(number * count + ranks.number(), count * self.accumulate, rows[number], number, batch, joined),
                {name: values[number] for name, values in chunks.items()},
            )
            for number in range(self.accumulate)
        ]


class Start:
    """The buffers and the random numbers before an update, from which every part starts."""

    def __init__(self, module: nn.Module, device: torch.device):
        self.module, self.device = module, device
        self.before = {name: buffer.clone() for name, buffer in buffers(module)}
        self.random = torch.get_rng_state()
        self.on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None

    def run(
        self,
        objective: Callable[[Batch], Terms],
        part: Part,
        images: Batch,
        statistics: list[Tensor] | None = None,
        known: Iterator[Tensor] | None = None,
    ) -> Terms:
        """Compute the terms of one part."""
        with torch.no_grad():
            for name, buffer in buffers(self.module):
                buffer.copy_(self.before[name])
        torch.set_rng_state(self.random)
        if self.on_device is not None:
            torch.cuda.set_rng_state(self.on_device, self.device)
        with within(part._replace(statistics=statistics, known=known)):
            return objective(images)

    def means(self, objective: Callable[[Batch], Terms], part: Part, images: Batch) -> list[Tensor]:
        """Compute the means of one part that an objective asks for, see genlab.engine.parts.mean."""
        asked: list[Tensor] = []
        self.run(objective, part, images, statistics=asked)
        return asked

    def changes(self) -> dict[str, Tensor]:
        """Changes of the floating-point buffers."""
        return {name: buffer - self.before[name] for name, buffer in buffers(self.module) if buffer.is_floating_point()}

    def mean(self, changes: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Mean over parts of the changes of each buffer."""
        return {name: torch.stack([change[name] for change in changes]).mean(0) for name in changes[0]}

    def apply(self, changes: Mapping[str, Tensor]) -> None:
        """Add the changes to the buffers before the update. Whole numbers, e.g. of steps, have changed alike in all parts."""
        with torch.no_grad():
            for name, buffer in buffers(self.module):
                if name in changes:
                    buffer.copy_(self.before[name] + changes[name])


def buffers(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Buffers of a module by name, except those of modules that take parts in order."""
    for prefix, each in module.named_modules():
        if not isinstance(each, InOrder):
            yield from ((f"{prefix}.{name}", buffer) for name, buffer in each.named_buffers(recurse=False))

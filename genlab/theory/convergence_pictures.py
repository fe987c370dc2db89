"""Pictures of the Dirac-GAN: trajectories, eigenvalues, and an animation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from genlab.pictures.draw import plotted
from genlab.theory.claim import Picture
from genlab.theory.drawing import COLOURS, Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Walks = Mapping[tuple[str, str], Tensor]  # (game, kind of step) -> places (N, 2)
LIMIT = 2.4  # of both axes


def trajectory_picture(walks: Walks) -> Picture:
    """Trajectories of every game, simultaneous and alternating."""
    games = list(dict.fromkeys(name for name, _ in walks))
    plots = [walked({kind: walks[game, kind] for name, kind in walks if name == game}, game) for game in games]
    caption = (
        "Trajectories from (1, 1), the dot, around the equilibrium, the cross. Simultaneous steps (blue) spiral outwards where alternating "
        "ones (orange) go in circles; penalties, noise and consensus lead inwards."
    )
    return Picture(caption, (plotted(*plots, width=2.5, height=2.5, columns=3),))


def walked(walks: Mapping[str, Tensor], title: str, last: int | None = None) -> Plot:
    """Plot trajectories in the plane of theta and psi, up to a number of steps."""

    def plot(axes: "Axes") -> None:
        for number, (_, places) in enumerate(walks.items()):
            theta, psi = places[: None if last is None else last + 1].T.numpy()
            axes.plot(theta, psi, color=COLOURS[number], linewidth=0.9, alpha=0.85)
            if last is not None:
                axes.scatter(theta[-1:], psi[-1:], color=COLOURS[number], s=25, zorder=3)
        axes.scatter([1], [1], color="black", s=14, zorder=3)
        axes.scatter([0], [0], color="black", marker="x", s=40, zorder=3)
        axes.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal", xlabel="theta", ylabel="psi")
        axes.set_title(title, fontsize=10)

    return plot


def eigenvalue_picture(values: Mapping[tuple[str, str], np.ndarray]) -> Picture:
    """Eigenvalues in the complex plane, with the unit circle."""

    def plot(kind: str) -> Plot:
        def draw(axes: "Axes") -> None:
            angle = np.linspace(-0.35, 0.35, 200)
            axes.plot(np.cos(angle), np.sin(angle), color="black", linewidth=0.8)
            chosen = [(name, each) for (name, of_kind), each in values.items() if of_kind == kind]
            for number, (name, each) in enumerate(chosen):
                axes.scatter(
                    each.real, each.imag, s=60, marker="o^sDvP*"[number % 7], color=COLOURS[number % len(COLOURS)], label=name, alpha=0.7
                )
            axes.set(xlabel="real part", ylabel="imaginary part", title=kind, xlim=(0.85, 1.03), ylim=(-0.25, 0.25))

        return draw

    caption = "Eigenvalues of a step near the equilibrium: inside the unit circle (line) the game converges, outside it diverges."
    return Picture(caption, (plotted(*(plot(kind) for kind in ("simultaneous", "alternating")), width=5.6, height=3.6),))


def animation(walks: Mapping[str, Tensor], frames: int) -> Picture:
    """Alternating steps of several games side by side."""
    steps = len(next(iter(walks.values()))) - 1
    lasts = [round(steps * (frame + 1) / frames) for frame in range(frames)]
    drawn = tuple(
        plotted(*(walked({"alternating": places}, name, last) for name, places in walks.items()), width=2.3, height=2.5, columns=len(walks))
        for last in lasts
    )
    return Picture(
        "Alternating steps: two games in circles, one that stalls away from the equilibrium, and one that converges.", drawn, 120
    )

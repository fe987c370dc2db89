"""The kinds of damage and their strengths."""

from typing import NamedTuple


class Damage(NamedTuple):
    """A kind of damage in increasing strengths."""

    title: str
    unit: str  # of the strengths, with a place for the number
    strengths: tuple[float, ...]  # from weak to strong; without 0, which is no damage


DAMAGES = {
    "blur": Damage("blur", "{:g} px", (0.5, 0.8, 1.2, 2)),  # standard deviation
    "noise": Damage("noise", "{:g} levels", (5, 10, 20, 40)),  # standard deviation, in grey levels
    "jpeg": Damage("JPEG", "quality {:g}", (60, 30, 15, 5)),
    "colours": Damage("shifted colours", "{:g} levels", (8, 16, 32, 64)),  # of red, up, and of blue, down; colour sets only
    "collapse": Damage("collapse to modes", "{:g} of N left", (0.5, 0.2, 0.05, 0.02)),  # share of different images
    "classes": Damage("dropped classes", "{:g} dropped", (1, 2, 4, 6)),  # labelled sets only
    "memorised": Damage("memorised training images", "{:g} copied", (0.1, 0.25, 0.5, 1)),  # share of copies; labelled sets only
}

"""A parser of command lines whose errors have a suggestion, and the options that several commands share."""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from genlab.build import suggestion
from genlab.errors import InputError

DEVICES = ("cpu", "cuda")


class Parser(argparse.ArgumentParser):
    """Parser that raises an InputError with a suggestion instead of ending the process. Options are never abbreviated."""

    def __init__(self, prog: str, description: str, epilog: str = ""):
        super().__init__(prog, None, description, epilog, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Raise the error of argparse in genlab's words.

        Raises:
            InputError: always.
        """
        unknown = re.fullmatch(r"unrecognized arguments: (.*)", message)
        if unknown:
            first = unknown[1].split()[0]
            options = sorted(option for option in self._option_string_actions if option.startswith("--"))
            close = suggestion(first.partition("=")[0], options)
            raise InputError(f"{self.prog}: got '{first}', which it does not take.{close} It takes: {', '.join(options)}.")
        raise InputError(f"{self.prog}: {message}. See `{self.prog} --help`.")


def add_model(parser: Parser) -> None:
    """Add the arguments that name a model and say where it computes."""
    parser.add_argument("model", help="a registered name (name, name@alias, name/3), a release folder, or a checkpoint (.safetensors)")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where to compute (default: cpu)")
    parser.add_argument("--recipe", help="recipe that a checkpoint was trained from: its name, or a YAML file")


def add_work(parser: Parser, at_once: int, what: str) -> None:
    """Add the options of commands that write files for many images."""
    text = f"{what} in work at the same time (default: {at_once}); results do not depend on it"
    parser.add_argument("--batch-size", type=number("--batch-size", 1), default=at_once, metavar="N", help=text)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def add_out(parser: Parser, text: str) -> None:
    """Add the option that names the result."""
    parser.add_argument("--out", type=Path, required=True, help=text)


def add_label(parser: Parser) -> None:
    """Add the option that selects a class of a conditional model."""
    parser.add_argument("--label", default="", help="class of a conditional model, by name or number; left out: drawn from the seed")


def add_truncation(parser: Parser) -> None:
    """Add the option that trades variety for typical images."""
    text = "bound of the latents (0: none); for a StyleGAN psi, 0 to 1. Lower gives more typical, less varied images"
    parser.add_argument("--truncation", type=decimal("--truncation"), metavar="T", help=text)


def add_mixing(parser: Parser) -> None:
    """Add the options that mix the styles of two seeds."""
    text = "seed of the fine styles, of a StyleGAN; coarse styles and noise are those of the image's own seed"
    parser.add_argument("--fine", type=number("--fine", 0), metavar="SEED", help=text)
    text = "first layer with the fine styles, from 0 on (default: half of the layers)"
    parser.add_argument("--crossover", type=number("--crossover", 0), metavar="LAYER", help=text)


def number(name: str, least: int) -> Callable[[str], int]:
    """A function that reads a whole number from `least` on, for `type=` of an option."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d+", text) or int(text) < least:
            raise InputError(f"{name}: got '{text}', expected a whole number from {least} on.")
        return int(text)

    return read


def decimal(name: str) -> Callable[[str], float]:
    """A function that reads a number, for `type=` of an option."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(f"{name}: got '{text}', expected a number.")
        return value

    return read

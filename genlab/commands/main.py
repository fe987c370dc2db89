"""Entry of the command line: finds the command, runs it, and turns errors into one message."""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

import genlab
from genlab.build import suggestion
from genlab.engine.ending import end_at_once
from genlab.errors import InputError
from genlab.serving.errors import RequestError

COMMANDS = {  # command -> what it does; its module has `parser()` and `run(arguments)`
    "sample": "generate images from seeds",
    "translate": "translate images from one domain to another",
    "interpolate": "make a video of a walk through the latents of seeds",
    "encode": "write the latents of pictures (VAE)",
    "reconstruct": "reconstruct pictures from their latents or components (VAE, mixture)",
    "score": "compute log-likelihoods of pictures (VAE, mixture)",
    "cluster": "assign pictures to components (mixture)",
    "info": "show what a model is, and how to use it",
}
OTHERS = "genlab.commands"  # entry points: modules of other packages with `DESCRIPTION`, `parser()` and `run(arguments)`
WRONG_INPUT, INTERRUPTED = 2, 130  # exit codes; 1: a part of the work could not be done


def main(given: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process; return the exit code: 0, 1 if a part was left out, 2 for wrong input."""
    words = list(sys.argv[1:] if given is None else given)
    end_at_once()
    try:
        if not words or words[0] in ("-h", "--help"):
            print(usage())
            return 0
        if words[0] in ("-V", "--version"):
            print(f"genlab {genlab.__version__}")
            return 0
        return run(words[0], words[1:])
    except (InputError, RequestError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_INPUT
    except BrokenPipeError:  # the reader of the output has ended, as in `genlab info ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted; the files written so far are complete", file=sys.stderr)
        return INTERRUPTED


def run(command: str, words: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Raises:
        InputError, RequestError: there is no such command, or its arguments are wrong.
    """
    others = {each.name: each for each in entry_points(group=OTHERS)} if command not in COMMANDS else {}
    known = [*COMMANDS, *others]
    if command not in known:
        close = suggestion(command, known)
        raise InputError(f"genlab: got the command '{command}', expected one of: {', '.join(known)}.{close} See `genlab --help`.")
    module = others[command].load() if command in others else importlib.import_module(f"genlab.commands.{command}")
    code: int = module.run(module.parser().parse_args(words))
    return code


def usage() -> str:
    """Text of `genlab --help`."""
    others = {each.name: each.load().DESCRIPTION for each in sorted(entry_points(group=OTHERS), key=lambda each: each.name)}
    lines = [f"  {name:<12} {text}" for name, text in {**COMMANDS, **others}.items()]
    return "\n".join(
        [
            "usage: genlab <command> <model> [options]",
            "",
            "Use trained models.",
            "",
            *lines,
            "",
            "A model is a registered name (r3gan-fashion, r3gan-fashion@candidate, r3gan-fashion/3), a release folder, or a checkpoint",
            "(.safetensors). `genlab <command> --help` lists the options of a command.",
        ]
    )

"""The licence text that is stored next to the data."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from genlab.build import suggestion
from genlab.errors import InputError
from genlab.fetching.archives import read

TEXTS = files("genlab.fetching.licences")
RULE = "\n" + "-" * 80 + "\n"


def known() -> list[str]:
    """Names of the licences whose texts come with genlab."""
    return sorted(each.name.removesuffix(".txt") for each in TEXTS.iterdir() if each.name.endswith(".txt"))


def licence_text(
    set_name: str,  # for messages
    licence: str,  # in words, for the cards of models
    credit: str,  # names of the authors and the source
    texts: Sequence[str],  # each `<download>:<file in its archive>`, or the name of a text that comes with genlab
    archives: Mapping[str, Path],
) -> str:
    """The file LICENSE of a data set.

    Raises:
        InputError: there is no such text.
    """
    parts = [f"{licence}\n\n{credit.strip()}\n"]
    for text in texts:
        download, colon, path = text.partition(":")
        if colon and download in archives:
            parts.append(read(archives[download], [path])[path].decode(errors="replace"))
        elif text in known():
            parts.append((TEXTS / f"{text}.txt").read_text(encoding="utf-8"))
        else:
            names = [*known(), *(f"{name}:<file in its archive>" for name in archives)]
            raise InputError(f"{set_name}: licence_texts: got '{text}', expected one of {', '.join(names)}.{suggestion(text, names)}")
    return RULE.join(parts)

"""Names of the two domains of an image set, for titles, releases and requests."""

from genlab.images.prepared_set import PreparedSet

LETTERS = ("a", "b")


def domain_name(images: PreparedSet, domain: str) -> str:
    """Return a name for domain "a" or "b".

    The name is the part of a file that all images of the domain are (`edges` in `x.jpg#edges`), else the folder that contains all of their
    files, else the letter of the domain.
    """
    paths = images.manifest.loc[images.manifest["domain"] == domain, "path"]
    parts, folders = ({path.rpartition(mark)[end] if mark in path else "" for path in paths} for mark, end in (("#", 2), ("/", 0)))
    return next((names.pop() for names in (parts, folders) if len(names) == 1 and "" not in names), domain)


def domain_names(images: PreparedSet) -> dict[str, str]:
    """Map each domain, "a" and "b", to its name. Names that could be mistaken for the other domain are replaced by the letters.

    A folder's name is its last part: `emoji/3d` is called `3d`.
    """
    names = {letter: domain_name(images, letter).rpartition("/")[2] for letter in LETTERS}
    clear = len(set(names.values())) == len(LETTERS) and all(name == letter or name not in LETTERS for letter, name in names.items())
    return names if clear else {letter: letter for letter in LETTERS}

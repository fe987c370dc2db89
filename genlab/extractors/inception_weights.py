"""The files of weights of the FID Inception network, by their SHA-256."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from genlab.engine.files import sha256
from genlab.engine.paths import expanded
from genlab.errors import InputError

Form = Literal["state_dict", "torchscript"]


class KnownFile(NamedTuple):
    """A file that holds the network's weights."""

    name: str  # as its publisher names it
    form: Form


# Both files are ports of inception-2015-12-05.tgz, by the authors of pytorch-fid (torch-fidelity publishes the same bytes as
# weights-inception-2015-12-05-6726825d.pth), and by NVIDIA.
KNOWN: Mapping[str, KnownFile] = MappingProxyType(
    {
        "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": KnownFile("pt_inception-2015-12-05-6726825d.pth", "state_dict"),
        "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4": KnownFile("inception-2015-12-05.pt", "torchscript"),
    }
)


def checked(weights: str | Path) -> tuple[Path, str, Form]:
    """Check a file of weights -> (its path, its SHA-256, which is one of KNOWN, and its form).

    Raises:
        InputError: the file does not exist, or is not one of the known files.
    """
    file = expanded(weights)
    if not file.is_file():
        raise InputError(
            f"Inception weights: there is no file {file.absolute()}. They do not come with genlab. Get one of these files and give its "
            f"path as `weights` of genlab.extractors.inception.Inception, in conf/base/parameters/evaluation.yml:\n{listed()}\n"
            "Without it, choose another extractor; its scores carry its name and do not compare with published ones."
        )
    if (found := sha256(file)) not in KNOWN:
        raise InputError(
            f"Inception weights: {file.absolute()} has the sha256 {found}, expected one of:\n{listed()}\n"
            "Get the file again. Other networks, such as an ONNX file, are used by genlab.extractors.onnx.Onnx; their scores carry "
            "the file's hash, because they do not compare with published ones."
        )
    return file, found, KNOWN[found].form


def listed() -> str:
    """Lines with the name and the SHA-256 of every known file."""
    return "\n".join(f"  {known.name}  sha256 {digest}" for digest, known in KNOWN.items())

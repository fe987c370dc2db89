"""The Kedro package of the project: pipelines, datasets and hooks that run genlab."""

import os
import warnings

# Set before any import: none of these libraries may contact an outside host.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
# Kedro 1.7 deprecates `--pipeline`, but users still type it.
warnings.filterwarnings("ignore", message=r".*'--pipeline' is deprecated")
# A recipe's pipeline reads `<set>.images` from the image set's namespace: the dot is intended.
warnings.filterwarnings("ignore", message=r".*dataset names contain '\.'")

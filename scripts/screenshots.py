"""Makes the screenshots of MLflow's pages in docs/images, from trainings of a small project.

    python scripts/screenshots.py FOLDER    # FOLDER gets a project with three trainings (ten minutes), or has it from an earlier call

It needs chromium. Look at each picture before it is committed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import Page  # type: ignore[import-not-found]  # noqa: E402  # in tests/

from genlab.reports.artifacts import save_as_webp  # noqa: E402
from pipelines.ports import HOST  # noqa: E402
from pipelines.tracking.experiments import EXPERIMENT, MODE  # noqa: E402
from pipelines.ui import serve  # noqa: E402

TRAININGS = (
    "gan --params=gan.budget.images=16000",
    "gan --params=gan.seed=1,gan.budget.images=9600",
    "lsgan --params=lsgan.budget.images=12800",
)
UI, DEMO = 5081, 5082  # ports
WIDTH, HEIGHT = 1200, 760  # of a picture, in pixels
COLOURS = 128  # of the picture files; more make them larger, and look the same
PAUSE = 2.0  # seconds
ENLARGE = "document.querySelector('[data-component-id=fullscreen_button_chartcard]')?.click()"
SLIDER = "document.querySelector('[role=dialog] [role=slider]')?.focus()"
UNFOLD = "mlflow.experiment.metadata_editor.expand_button"  # the button next to the experiment's description
CLOSE = "mlflow.assistant.chat_panel.close"  # the button of a panel that covers a quarter of each page


def make_project(folder: Path) -> None:
    """Copy the project's configuration and images, and train."""
    for name in ("conf", "data/01_raw", "notebooks", "pyproject.toml", "dvc.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    for training in TRAININGS:
        recipe, *options = training.split()
        command = [sys.executable, "-m", "kedro", "run", f"--pipelines={recipe}", *options]
        subprocess.run(command, cwd=folder, env=environment(folder), check=True)


def environment(folder: Path) -> dict[str, str]:
    """Variables of processes that work in the project."""
    return os.environ | {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Context manager in which MLflow's UI and the demo page of the project are served."""
    os.environ["MLFLOW_TRACKING_URI"] = environment(folder)["MLFLOW_TRACKING_URI"]
    command = [sys.executable, "-m", "genlab", "demo", "gan-fashion", "--port", str(DEMO)]
    demo = subprocess.Popen(command, cwd=folder, env=environment(folder))
    ui = serve(folder, UI)
    try:
        while not answers(f"http://{HOST}:{DEMO}"):
            time.sleep(0.5)
        yield
    finally:
        for process in (demo, ui):
            process.terminate()
            process.wait()


def answers(address: str) -> bool:
    """Whether a page can be loaded."""
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


class Shot(NamedTuple):
    """A picture of a page."""

    address: str
    complete: str  # JavaScript that is true when the page is complete
    actions: tuple[str, ...] = ()  # JavaScript before the picture is taken
    keys: tuple[str, ...] = ()  # to press after that


def shots(client: Any, board: Path) -> dict[str, Shot]:
    """The pictures by name, of the runs and models that are there, and of the page of the leaderboard."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = sorted(client.search_runs([experiment.experiment_id], "tags.recipe = 'gan'"), key=lambda run: run.info.start_time)
    first, second = (run.info.run_id for run in runs[:2])
    home = f"http://{HOST}:{UI}/#"
    own = f"{home}/experiments/{experiment.experiment_id}/runs"
    compared = f'{home}/compare-runs?runs=["{first}","{second}"]&experiments=["{experiment.experiment_id}"]&{MODE}'
    loaded = "[...document.images].some(each => each.src.includes('get-artifact') && each.naturalWidth > 0)"
    return {
        "runs": Shot(
            f"{own}?{MODE}",
            has("lsgan fashion", "Model registry", "Leaderboards"),
            (click(UNFOLD),),
        ),
        "version": Shot(f"{home}/models/gan-fashion/versions/1?{MODE}", loaded),
        "slider": Shot(f"{own}/{first}/model-metrics?{MODE}", loaded, (ENLARGE, SLIDER), ("ArrowRight",) * 3),
        "compare": Shot(compared, has(first, second), (scroll("Run details"),)),
        "leaderboard": Shot(board.as_uri(), "document.images.length > 2"),
        "demo": Shot(f"http://{HOST}:{DEMO}", "[...document.images].filter(each => each.naturalWidth > 0).length > 8"),
    }


def has(*texts: str) -> str:
    """JavaScript that is true when the page shows all texts."""
    return " && ".join(f"document.body.innerText.includes({text!r})" for text in texts)


def click(name: str) -> str:
    """JavaScript that clicks a button of MLflow."""
    return f"document.querySelector('[data-component-id=\"{name}\"]')?.click()"


def scroll(text: str) -> str:
    """JavaScript that scrolls to the innermost element with this text."""
    return f"[...document.querySelectorAll('*')].filter(each => each.innerText === {text!r}).at(-1)?.scrollIntoView()"


def make(folder: Path, target: Path, only: Collection[str]) -> None:
    """Make the pictures of these names; all if there are none."""
    from mlflow import MlflowClient

    with served(folder), tempfile.TemporaryDirectory() as place, Page("about:blank", Path(place), WIDTH, HEIGHT) as page:
        board = Path(place) / "fashion.html"
        command = [sys.executable, "-m", "genlab", "leaderboard", "fashion", "--all", "--out", str(board)]
        subprocess.run(command, cwd=folder, env=environment(folder), check=True)
        wanted = shots(MlflowClient(environment(folder)["MLFLOW_TRACKING_URI"]), board)
        page.call("Page.navigate", url=wanted["runs"].address)
        page.wait(f"document.body && {has('Model registry')}", 60)
        time.sleep(PAUSE)
        page.value(click(CLOSE))
        for name, shot in wanted.items():
            if only and name not in only:
                continue
            page.call("Page.navigate", url=shot.address)
            page.wait(f"document.body && {shot.complete}", 60)
            time.sleep(PAUSE)  # for what fades in
            for action in shot.actions:
                page.value(f"{action}, null")
                time.sleep(PAUSE)
            for key in shot.keys:
                page.key(key)
                time.sleep(PAUSE)
            page.screenshot(Path(place) / "shot.png")
            with Image.open(Path(place) / "shot.png") as picture:
                save_as_webp(picture.convert("RGB").quantize(COLOURS).convert("RGB"), target / f"{name}.webp")
            print(f"{name}: {(target / f'{name}.webp').stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the small project")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "browse")
    parser.add_argument("--only", nargs="+", default=(), help="names of pictures")
    given = parser.parse_args()
    if not (given.folder / "mlflow.db").exists():
        make_project(given.folder.resolve())
    given.out.mkdir(parents=True, exist_ok=True)
    make(given.folder.resolve(), given.out, given.only)

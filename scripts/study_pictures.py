"""Makes the pictures of docs/how-to/user-study.md, from the releases of two recipes and simulated participants.

    python scripts/study_pictures.py    # after `kedro run --pipeline=gan` and `kedro run --pipeline=lsgan`

It needs chromium. Look at each picture before it is committed.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import Page  # type: ignore[import-not-found]  # noqa: E402  # in tests/
from study_people import files_of, fooled  # type: ignore[import-not-found]  # noqa: E402

from genlab.images.prepared_set import PreparedSet  # noqa: E402
from genlab.reports.artifacts import save_as_webp  # noqa: E402
from genlab.reports.study_page import page as report_page  # noqa: E402
from genlab.reports.study_plot import plot  # noqa: E402
from genlab.serving.release import release_at  # noqa: E402
from genlab.study.analysis import analysed  # noqa: E402
from genlab.study.design import Made, designed  # noqa: E402
from genlab.study.material import gathered  # noqa: E402
from genlab.study.page import page as study_page  # noqa: E402
from genlab.study.settings import settings_of  # noqa: E402
from pipelines.session import Session  # noqa: E402

DESK, PHONE, REPORT = (1000, 640), (390, 700), (1000, 1120)  # width and height of pictures, in pixels
COLOURS = 128
PAUSE = 1.0  # seconds


def made(kind: str) -> Made:
    """The study of conf/base with another kind, without a time limit, so that the images stay in sight."""
    entry = Session.on_disk(ROOT).parameters["user_study"]
    settings = settings_of({**entry, "kind": kind, "items": entry["trials"], "exposure_milliseconds": None, "practice": 0})
    releases = {name: release_at(ROOT / "data/06_models" / name / "release") for name in settings.models}
    return designed(settings, gathered(settings, releases, PreparedSet.load(ROOT / "data/05_model_input" / settings.images)))


def shoot(html: str, size: tuple[int, int], target: Path, begins: bool) -> None:
    """Take a picture of a page; of a study after a few answers."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "page.html").write_text(html, encoding="utf-8")
        with Page((Path(place) / "page.html").as_uri(), Path(place), *size) as page:
            page.wait("document.readyState == 'complete'")
            for expression in ("document.getElementById('agree').click()", *["answer(1)"] * 5) if begins else ():
                page.value(f"{expression}, null")
                page.wait("ready")
            time.sleep(PAUSE)
            page.screenshot(Path(place) / "shot.png")
            with Image.open(Path(place) / "shot.png") as picture:
                save_as_webp(picture.convert("RGB").quantize(COLOURS).convert("RGB"), target)
    print(f"{target.name}: {target.stat().st_size / 1024:.0f} KB")


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "study")
    target = parser.parse_args().out
    target.mkdir(parents=True, exist_ok=True)
    single = made("real_or_generated")
    shoot(study_page(single), DESK, target / "trial.webp", True)
    shoot(study_page(made("preference")), PHONE, target / "phone.webp", True)
    chances = {"gan": 0.42, "lsgan": 0.27, "real": 0.8}  # of the answer `real`, of simulated participants
    results = analysed(single.study, single.key, files_of(single, 20, fooled(chances)))
    shoot(report_page(results, plot(results)), REPORT, target / "report.webp", False)


if __name__ == "__main__":
    main()

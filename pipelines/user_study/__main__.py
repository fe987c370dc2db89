"""A local server of a study: `make study`. It serves the page and stores the answers of participants."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from genlab.errors import InputError
from genlab.study.server import StudyServer, study_at
from pipelines import session
from pipelines.loader import WrongEntry
from pipelines.ports import HOST, check_port
from pipelines.user_study.parameters import USER_STUDY

STUDIES, ANSWERS = Path("data", "08_reporting", USER_STUDY), Path("data", "01_raw", USER_STUDY)  # as in conf/base/catalog.yml


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a study until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="make study", description="Serve a study, and store the answers of participants.")
    parser.add_argument("--port", type=int, default=5003)
    parser.add_argument("--host", default=HOST, help=f"address at which the page is reached (default: {HOST}, from this machine only)")
    parser.add_argument("--name", default="", help="name of the study (default: that in the parameters)")
    parser.add_argument("--project", type=Path, default=session.ROOT, help="the project's folder")
    given = parser.parse_args(arguments)
    try:
        server = opened(given.project, given.name or declared(given.project), given.host, given.port)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    with server:
        print(f"\n  study     http://{given.host}:{given.port}\n  answers   {server.answers}\n  stop      Ctrl-C\n", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"\n  analyse   kedro run --pipeline={USER_STUDY} --tags=analyse")
    return 0


def declared(project: Path) -> str:
    """Name of the study in the parameters.

    Raises:
        InputError: there is none.
    """
    entry = session.Session.on_disk(project).parameters.get(USER_STUDY)
    name = None if isinstance(entry, WrongEntry) or not isinstance(entry, dict) else entry.get("name")
    if not isinstance(name, str):
        raise InputError(f"{USER_STUDY}.name: got {name!r}, expected the name of a study. Write it in conf/, or `make study STUDY=<name>`.")
    return name


def opened(project: Path, name: str, host: str, port: int) -> StudyServer:
    """The server of a study.

    Raises:
        InputError: the study has not been made, or the port is taken.
    """
    page, study = study_at(project / STUDIES / name)
    check_port(port, "make study PORT=", host)
    return StudyServer((host, port), page, study, project / ANSWERS / name)


if __name__ == "__main__":
    sys.exit(main())

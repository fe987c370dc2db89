"""Kedro-Viz for this project: `make viz`. It shows the pipelines and their datasets by layer, and contacts no other host."""

import argparse
import os
import sys
import warnings
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genlab.errors import InputError
from pipelines.ports import HOST, check_port

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

# Kedro-Viz's page loads a font from Google. With this header, the browser loads nothing from another host, and takes a font that it has.
POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
VERSION = "/api/version"  # asks PyPI for the latest version


def application(project: Path) -> "FastAPI":
    """Create Kedro-Viz's application for the pipelines of a project.

    Raises:
        InputError: Kedro-Viz is not installed.
    """
    os.environ |= {"DO_NOT_TRACK": "1", "KEDRO_DISABLE_TELEMETRY": "1"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts of FastAPI that Kedro-Viz uses
            import kedro_viz
            from kedro_viz.api.apps import create_api_app_from_project
            from kedro_viz.server import load_and_populate_data
    except ImportError as error:
        raise InputError(f"Kedro-Viz is not installed ({error}). `make viz` installs it, in an environment of its own.") from None
    load_and_populate_data(project)
    app: FastAPI = create_api_app_from_project(project)
    local(app, str(kedro_viz.__version__))
    return app


def local(app: "FastAPI", version: str) -> None:
    """Keep an application of Kedro-Viz, and the pages that it serves, from contacting other hosts."""
    from fastapi.responses import JSONResponse

    @app.middleware("http")
    async def respond(request: "Request", following: "Callable[[Request], Awaitable[Response]]") -> "Response":
        if request.url.path == VERSION:
            return JSONResponse({"installed": version, "isOutdated": False, "latest": version})
        response = await following(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="make viz", description="Browse the pipelines with Kedro-Viz.")
    parser.add_argument("--port", type=int, default=4141)
    port = parser.parse_args(arguments).port
    try:
        check_port(port, "make viz PORT=")
        app = application(Path(__file__).resolve().parent.parent)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    import uvicorn

    print(f"\n  pipelines  http://{HOST}:{port}\n  stop       Ctrl-C\n", flush=True)
    uvicorn.run(app, host=HOST, port=port, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())

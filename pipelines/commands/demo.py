"""`genlab demo`: a local web page on which models can be tried."""

import argparse

from genlab.commands.models import Model, open_model
from genlab.commands.parser import DEVICES, Parser, number
from genlab.errors import InputError
from pipelines.ports import HOST, check_port
from pipelines.registered_models import connected

DESCRIPTION = "try models on a local web page"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab demo", "Try models on a local web page.", "example: genlab demo r3gan-fashion data/06_models/pix2pix/release")
    made.add_argument("models", nargs="*", help="registered names or release folders; left out: all registered models")
    made.add_argument("--port", type=number("--port", 1), default=5002, help="port of the page (default: 5002)")
    made.add_argument("--device", choices=DEVICES, default="cpu", help="where to compute (default: cpu)")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C; return the exit code.

    Raises:
        InputError: a model cannot be opened, none is registered, or the port is taken.
    """
    import uvicorn

    from pipelines.demo.app import application

    models = opened(arguments.models or registered(), arguments.device)
    check_port(arguments.port, "--port ")
    print(f"{', '.join(models)}\n\n  http://{HOST}:{arguments.port}\n\nStop with Ctrl-C.", flush=True)
    uvicorn.run(application(models), host=HOST, port=arguments.port, log_level="warning")
    return 0


def registered() -> list[str]:
    """Names of all registered models.

    Raises:
        InputError: there is none.
    """
    with connected("genlab demo") as client:
        names = sorted(model.name for model in client.search_registered_models(max_results=1000))
    if not names:
        raise InputError("genlab demo: no model is registered. Train one: `kedro run --pipeline=gan`, or name a release folder.")
    return names


def opened(names: list[str], device: str) -> dict[str, Model]:
    """Open models, by the names that were given."""
    return {name: open_model(name, device) for name in names}

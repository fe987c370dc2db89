"""The commands of the documentation on serving, run as they are written there, and its table of wrong requests against real answers."""

import base64
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import mlflow
import numpy as np
import pytest
from conftest import ROOT, empty_store
from PIL import Image
from served_models import ask, saved_in, served_in
from served_networks import facts_of, sampling_network, translating_network, translator_facts

PAGES = [ROOT / "docs/how-to/serve.md", ROOT / "docs/tutorial.md"]
SERVE, REQUEST = "mlflow models serve", "/invocations"
PORT = "5001"
GARMENTS = ["Ankle boot", "Bag", "Coat"]


class Example(NamedTuple):
    """A server and a request to it, as the text of two code blocks."""

    page: str
    model: str
    server: str  # with the variables that the page exports before
    request: str


def examples() -> list[Example]:
    """Each request of the pages with the server that is started before it."""
    found = []
    for page in PAGES:
        exports, server = "", ""
        for block in re.findall(r"^```bash\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            if SERVE in block:
                exports = exports or "".join(line + "\n" for line in block.splitlines() if line.startswith("export"))
                server = exports + "".join(line + "\n" for line in block.splitlines() if not line.startswith("export"))
            elif REQUEST in block:
                (model,) = re.findall(r"models:/([\w-]+)@champion", server)
                found.append(Example(page.name, model, server, block))
    return found


EXAMPLES = examples()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the registry of finished runs: small models with the names of the documentation."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "mlflow.db").write_bytes(empty_store())
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri, uri)
    png = io.BytesIO()
    Image.linear_gradient("L").resize((24, 16)).save(png, "PNG")
    (folder / "in.png").write_bytes(png.getvalue())
    for name in {example.model for example in EXAMPLES}:
        if name.startswith("cyclegan"):
            network = translating_network(noise=False)
            networks = {"a_to_b": network, "b_to_a": network}
            saved = saved_in(folder / name, translator_facts([*networks], noise=False), [png.getvalue()], **networks)
        else:
            conditional = name.startswith("biggan")
            facts = facts_of(GARMENTS if conditional else [])
            saved = saved_in(folder / name, facts, [0], generator=sampling_network(conditional))
        client.create_registered_model(name)
        version = client.create_model_version(name, str(saved), await_creation_for=0)
        client.set_registered_model_alias(name, "champion", version.version)
    return folder


@pytest.fixture(scope="module")
def served(project):
    """Ports of the servers of all examples, which start at the same time, by model."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ports, processes = {}, []
    for example in EXAMPLES:
        ports[example.model] = port = free_port()
        command = ["bash", "-c", example.server.replace(PORT, str(port))]
        with (project / f"{example.model}.log").open("w") as log:
            processes.append(
                subprocess.Popen(command, cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            )
    try:
        for (model, port), process in zip(ports.items(), processes, strict=True):
            wait_for(port, process, project / f"{model}.log")
        yield ports
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(timeout=60)


def wait_for(port: int, process: subprocess.Popen, log: Path, seconds: float = 120) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping")
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file.read_bytes()))).astype(int)


def run(example: Example, port: int, folder: Path) -> None:
    """Run the text of an example's request; the port is the only change."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", example.request.replace(PORT, str(port))], cwd=folder, env=environment, capture_output=True
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_every_page_on_serving_has_its_examples():
    assert [(example.page, example.model) for example in EXAMPLES] == [
        ("serve.md", "cyclegan-emoji"),
        ("serve.md", "r3gan-fashion"),
        ("serve.md", "biggan-fashion"),
        ("tutorial.md", "r3gan-photos"),
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.model)
def test_the_commands_lead_from_a_registered_model_to_a_picture(example, served, project):
    (project / "out.png").unlink(missing_ok=True)
    run(example, served[example.model], project)
    if example.model == "cyclegan-emoji":
        assert np.array_equal(pixels(project / "out.png"), 255 - pixels(project / "in.png"))  # what this network makes of it
    elif example.model == "biggan-fashion":
        boots = [pixels(project / f"boot{number}.png") for number in range(12)]
        assert all(np.array_equal(boot, np.full((2, 2), 128)) for boot in boots)  # class 0 is grey
        assert not (project / "boot12.png").exists()
    else:
        assert pixels(project / "out.png").shape == (2, 2)


def test_a_wrong_request_to_the_server_has_the_status_400_and_a_reason(served):
    body = json.dumps({"dataframe_split": {"columns": ["seed", "truncation"], "data": [[7, 0.5]]}}).encode()
    address = f"http://127.0.0.1:{served['r3gan-fashion']}/invocations"
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(urllib.request.Request(address, body, {"Content-Type": "application/json"}))
    assert raised.value.code == 400
    assert "this model has no columns ['truncation']. Options belong under `params`." in json.load(raised.value)["message"]


WRONG = {
    "sampler": [
        {"inputs": [7.5]},
        {"inputs": [True]},
        {"inputs": ["7"]},
        {"inputs": [-1]},
        {"inputs": [7], "params": {"count": 1001}},
        {"inputs": [7, 8], "params": {"count": 501}},
        {"inputs": [7], "params": {"truncation": -0.5}},
        {"inputs": [7], "params": {"label": "glove"}},
        {"inputs": [7], "params": {"psi": 0.5}},
        {"inputs": {"seeds": [7]}},
        {"inputs": [7], "params": {"operation": "encode"}},
        {"inputs": [7], "params": {"operation": "interpolate", "count": 5}},
        {"inputs": [7, 8, 9], "params": {"operation": "interpolate", "count": 2}},
    ],
    "translator": [
        {"inputs": ["PNG"]},
        {"inputs": ["EPS"]},
        {"inputs": ["photos/in.png"]},
        {"inputs": [7]},
        {"inputs": ["PNG"], "params": {"direction": "a_to_c"}},
        {"inputs": ["PNG"], "params": {"tile": 18}},
        {"inputs": ["PNG"], "params": {"seed": 1}},
    ],
}


def contents() -> dict[str, str]:
    """The files behind the placeholders of the table, in base64."""
    png = io.BytesIO()
    Image.new("1", (9400, 9400)).save(png, "PNG")
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    return {name: base64.b64encode(content).decode() for name, content in (("PNG", png.getvalue()), ("EPS", eps))}


def test_the_table_of_wrong_requests_has_the_real_answers(tmp_path):
    facts, network = translator_facts(["a_to_b", "b_to_a"], noise=False), translating_network(noise=False)
    models = {
        "sampler": served_in(tmp_path / "sampler", facts_of(["hat", "shoe"]), [0], generator=sampling_network(True)),
        "translator": served_in(tmp_path / "translator", facts, [], a_to_b=network, b_to_a=network),
    }
    lines = ["| to | request | reason |", "|---|---|---|"]
    files = contents()
    for kind, bodies in WRONG.items():
        for body in bodies:
            sent = json.dumps(body)
            for name, content in files.items():
                sent = sent.replace(f'"{name}"', f'"{content}"')
            status, message = ask(models[kind], sent.encode())
            assert status == 400, sent[:200]
            reason = message.rpartition("Error: ")[2]
            lines.append(f"| {kind} | `{json.dumps(body)}` | `` {reason} `` |")
    table = "\n".join(lines)
    assert table in (ROOT / "docs/how-to/serve.md").read_text(encoding="utf-8"), f"docs/how-to/serve.md should have:\n{table}"

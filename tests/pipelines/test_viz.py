"""Tests of `make viz`: layers of datasets, and that nothing contacts another host. Kedro-Viz itself has an environment of its own."""

import asyncio
import json
import socket
import sys

import pytest
import yaml
from conftest import ROOT
from fastapi import FastAPI
from kedro.io import DataCatalog

from genlab.errors import InputError
from pipelines import session, viz
from pipelines.pipeline_registry import register_pipelines

# Kedro-Viz draws layers only if they have an order in which data flow.
ORDER = ["raw", "intermediate", "primary", "model input", "models", "reporting", "registry"]
HANDED_ON = "seeds.{recipe}.{seed}.images"  # the prepared set, handed on once the previous seed has its scores: it is in no order of layers
WITHOUT = {"undelivered", HANDED_ON}  # no pipeline that makes models has the first


def layers() -> dict[str, str]:
    """Layer of each dataset of all pipelines that has an entry in the catalog."""
    entries = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
    assert {name for name, entry in entries.items() if "kedro-viz" not in entry.get("metadata", {})} == WITHOUT
    catalog = DataCatalog.from_config(entries)
    names = {name for pipeline in register_pipelines().values() for name in pipeline.datasets() if not name.startswith("params:")}
    handed_on = {name for name in names if name.startswith("seeds.") and name.endswith(".images")}
    found = {name: catalog.get(name) for name in names - WITHOUT - handed_on - {"project"}}
    return {name: dataset.metadata["kedro-viz"]["layer"] for name, dataset in found.items() if dataset is not None}


def test_data_flow_from_each_layer_to_the_same_or_a_later_one():
    with session.using(None):
        pipelines, layer = register_pipelines(), layers()
    assert set(layer.values()) == set(ORDER)
    for node in {node for pipeline in pipelines.values() for node in pipeline.nodes}:
        inputs = [ORDER.index(layer[name]) for name in node.inputs if name in layer]
        outputs = [ORDER.index(layer[name]) for name in node.outputs if name in layer]
        assert max(inputs, default=0) <= min(outputs, default=len(ORDER)), node.name


def got(app: FastAPI, path: str) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of an application's answer to a GET request."""
    sent = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": ""}
    asyncio.run(app(scope | {"http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 1)}, receive, send))
    return dict(sent[0]["headers"]), b"".join(each.get("body", b"") for each in sent[1:])


def test_pages_may_load_nothing_from_other_hosts_and_no_version_is_asked_for():
    app, asked = FastAPI(), []
    app.get("/")(lambda: "page")
    app.get(viz.VERSION)(lambda: asked.append(1))
    viz.local(app, "12.5.0")
    headers, _ = got(app, "/")
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'") and "http" not in policy and "*" not in policy
    _, body = got(app, viz.VERSION)
    assert json.loads(body) == {"installed": "12.5.0", "isOutdated": False, "latest": "12.5.0"} and asked == []


def test_a_taken_port_and_a_missing_package_are_errors(monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert viz.main(["--port", str(port)]) == 1
    assert f"make viz PORT={port + 1}" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "kedro_viz", None)
    with pytest.raises(InputError, match=r"Kedro-Viz is not installed .* `make viz` installs it"):
        viz.application(ROOT)

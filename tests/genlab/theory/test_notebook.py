"""The notebook about three claims of the theory."""

import ast
import asyncio
import re

import nbformat
from conftest import ROOT
from nbclient import NotebookClient


def test_the_notebook_measures_three_claims():
    notebook = nbformat.read(ROOT / "notebooks/theory.ipynb", as_version=4)
    settings = notebook.cells[1]
    settings["source"] = settings["source"].replace("STEPS, BATCH_SIZE = 2000, 256", "STEPS, BATCH_SIZE = 200, 64")
    assert "= 200, 64" in settings["source"]
    runner = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}})
    asyncio.run(runner.async_execute())  # `execute` leaves an event loop to the garbage collector, whose warning fails another test
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert len([output for output in outputs if "image/png" in output.get("data", {})]) == 3
    text = "".join(output.get("text", "") for output in outputs if output.get("name") == "stdout")
    trained, undecided = map(float, re.findall(r"mean error under .*?: ([\d.]+); of an undecided critic: ([\d.]+)", text)[0])
    assert trained < undecided / 2
    value, bound = map(float, re.findall(r"V of the trained critic: (-[\d.]+); 2 JSD - log 4: (-[\d.]+)", text)[0])
    assert bound - 0.3 < value < bound
    assert "{'minimax': '6.1e-06', 'non-saturating': '1'}" in text
    distances = ast.literal_eval(re.findall(r"\{1\.0: .*?\}", text)[0])
    assert all(abs(measured - theta) < 0.02 for theta, measured in distances.items()) and len(distances) == 5

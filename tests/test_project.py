"""Facts that stand in several files of the project agree: the version, and the make targets that others call."""

import os
import re
import subprocess

import yaml
from conftest import ROOT

import genlab


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_citation_and_changelog_have_the_version_of_the_package():
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == genlab.__version__
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    newest = next(heading for heading in headings if heading != "Unreleased")
    assert newest == genlab.__version__


def test_workflow_and_ci_call_make_targets_that_exist():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    called = set(re.findall(r"make ([a-z]+)", "\n".join([*steps, (ROOT / ".ci/run").read_text()])))
    assert {"lint", "test", "docs", "wheel"} <= called <= targets()


def test_make_help_lists_every_target():
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # the tests may run under make themselves
    printed = subprocess.run(["make", "help"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in printed.splitlines()} == targets()


def test_issue_forms_are_valid():
    for form in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        entries = yaml.safe_load(form.read_text())
        assert {"name", "description", "body"} <= set(entries)
        assert all({"type", "attributes"} <= set(field) for field in entries["body"])

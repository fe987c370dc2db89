"""README and docs/: their links, commands and examples. Python blocks run; commands and YAML are checked against the configuration."""

import re
import shlex
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, parameters

from genlab.build import check
from genlab.commands.main import COMMANDS
from pipelines.configuration import FAMILIES
from pipelines.data_preparation.declaration import ImageSet
from pipelines.loader import overlaid
from pipelines.release.parameters import Release

GENERATED = (ROOT / "docs/results", ROOT / "docs/api", ROOT / "docs/_build")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if not any(page.is_relative_to(folder) for folder in GENERATED)),
]
SKIPPED = re.compile(r"<!-- test: needs (.+) -->\n```")  # stands above a block that cannot run here, with what it needs
PLACEHOLDERS = {"<set>": "emoji", "<recipe>": "cyclegan", "<family>": "translation", "<key>": "0123456789abcdef"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language, except those that are marked as needing something."""
    text = SKIPPED.sub("```skipped-", page.read_text(encoding="utf-8"))
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> Iterator[tuple[Path, str]]:
    """Every command line in a bash block, comments removed, continued lines joined."""
    for page in PAGES:
        for block in blocks(page, "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.lstrip().startswith("#"):
                    yield page, line


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"(?<!`)\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            found = (page.parent / target).resolve()
            assert found.exists() or found.with_suffix(".md").exists() or target.endswith("api/index.md"), f"{name_of(page)}: {target}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    """The blocks of a page run one after the other in one namespace, and then the tests that they define."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "data/01_raw/emoji/3d", "data/01_raw/emoji/3d", ignore=lambda folder, names: sorted(names)[40:])
    (tmp_path / ".genlab").mkdir()
    (ROOT / ".genlab/extractors").mkdir(parents=True, exist_ok=True)
    (tmp_path / ".genlab/extractors").symlink_to(ROOT / ".genlab/extractors")
    namespace: dict = {"__name__": "__docs__", "held_out": None, "seen": None, "mean_distance": lambda *_: 0.0}
    for block in blocks(page, "python"):
        exec(compile(block.replace("budget=2_000", "budget=64"), name_of(page), "exec"), namespace)
    for name, function in list(namespace.items()):
        if name.startswith("test_") and getattr(function, "__module__", "") == "__docs__":
            wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
            function(**{argument: tmp_path / name for argument in wanted if argument == "tmp_path"})


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda value: name_of(value) if isinstance(value, Path) else value[:60])
def test_commands_exist(page, command):
    """Pipelines, parameters, environments, make targets and modules that the documentation names are there."""
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    words = shlex.split(command, comments=True)
    if words[:2] == ["kedro", "run"]:
        options = dict(word.removeprefix("--").split("=", 1) for word in words[2:])
        assert options.keys() <= {"pipeline", "env", "params", "tags"}
        entries = parameters(options.get("env", "base"))
        images = set(entries["images"]) | {"horses", "photos", "flowers"}
        known = {name for name, entry in entries.items() if isinstance(entry, dict) and "model" in entry}
        assert options.get("pipeline", "cyclegan") in known | set(FAMILIES) | {f"prepare_{name}" for name in images} | {
            "compare",
            "fetch",
            "small_gan",
            "seeds",
            "sync_tracking",
            "theory",
            "user_study",
        }
        for setting in options.get("params", "").split(",") if "params" in options else ():
            path, value = setting.split("=", 1)
            recipe, *keys = path.split(".")
            change: dict | str = yaml.safe_load(value)
            for key in reversed(keys):
                change = {key: change}
            if "squared_hinge" not in setting and keys[0] == "model":
                check(overlaid(entries[recipe], change), recipe)
            elif keys == ["images"]:
                assert value in images
            elif path == "seeds.recipe":
                assert value in known
            elif recipe == "seeds":
                assert keys[0] in entries["seeds"]
            elif path == "theory.only":
                assert value in entries["theory"]["claims"]
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif words[:2] == ["python", "-m"]:
        assert (ROOT / words[2].replace(".", "/")).is_dir() or (ROOT / f"{words[2].replace('.', '/')}.py").is_file()
    elif words[0] == "genlab":
        package = "genlab" if words[1] in COMMANDS else "pipelines"
        import_module(f"{package}.commands.{words[1]}").parser().parse_args(words[2:])
    elif words[0] == "dvc":
        assert words[1] in ("repro", "pull", "status")
    else:
        assert words[0] in {"curl", "export", "mlflow", "pip", "printf", "python", "source", "kedro"}, command


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "yaml")], ids=name_of)
def test_yaml_blocks_fit_the_configuration(page):
    """Image sets have a kind and a source that exists; recipes merged over those of conf/base fit their constructors."""
    entries = parameters("base")
    for block in blocks(page, "yaml"):
        for name, entry in yaml.safe_load(block).items():
            if name == "images":
                for declaration in entry.values():
                    ImageSet(**declaration)
                    if "class" in declaration["source"] and "frames" not in declaration["source"]["class"]:
                        check({"model": declaration["source"]}, "source")
            elif "small" not in str(entry):
                check(overlaid(entries.get(name, {}), entry), name)
                Release(**entry.get("release", {}))
            else:
                assert {"images", "model"} <= set(entry)
                Release(**entry["release"])

"""Tests of genlab.fetching.packages: the clients get tiny packages instead of a network."""

import os
import shutil
import subprocess
from importlib.metadata import distribution

import pytest
from packages import client, tgz, wheel

from genlab.engine.files import is_running, sha256
from genlab.errors import InputError
from genlab.fetching.archives import members, read
from genlab.fetching.packages import Debian, Installed, Npm, PyPI
from genlab.fetching.sets import obtained, place_of

NO_HASH = "0" * 64


def no_progress(done: int, total: int = 0) -> None:
    pass


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Folder of programs that are found before all others."""
    folder = tmp_path / "programs"
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def test_npm_packs_the_package(tmp_path, programs):
    """npm is called in an empty folder, without a registry: that is the user's configuration."""
    package = tgz(tmp_path / "scope-emoji-1.0.0.tgz", {"package/a.txt": b"emoji"})
    client(programs, "npm", f'[ "$1" = config ] && exit 1\necho "$@" > {tmp_path}/called; ls -A > {tmp_path}/there; cp {package} .')
    found = obtained(Npm("@scope/emoji", "1.0.0", sha256(package)), tmp_path / "downloads")
    assert found.name == "scope-emoji-1.0.0.tgz" and read(found, ["package/a.txt"]) == {"package/a.txt": b"emoji"}
    assert (tmp_path / "called").read_text().split() == ["pack", "@scope/emoji@1.0.0", "--loglevel=error", "--ignore-scripts"]
    assert (tmp_path / "there").read_text() == ""
    assert sorted(path.name for path in found.parent.iterdir()) == ["lock", found.name]


def test_pip_downloads_the_wheel_with_the_users_configuration(tmp_path, monkeypatch):
    package = wheel(tmp_path / "tiny_data-1.0-py3-none-any.whl", {"tiny_data/a.txt": b"data"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    found = obtained(PyPI("tiny-data", "1.0", sha256(package)), tmp_path / "downloads")
    assert read(found, ["tiny_data/a.txt"]) == {"tiny_data/a.txt": b"data"}
    assert sorted(path.name for path in found.parent.iterdir()) == ["lock", found.name]
    with pytest.raises(InputError, match=r"pip download .*tiny-data==2.0` failed with exit status 1: .*No matching distribution") as raised:
        obtained(PyPI("tiny-data", "2.0", NO_HASH), tmp_path / "downloads")
    assert f"put the file there yourself: {place_of(PyPI('tiny-data', '2.0', NO_HASH), tmp_path / 'downloads')}" in str(raised.value)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_apt_downloads_a_debian_package(tmp_path, programs):
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    facts = ["Package: tiny", "Version: 1.0~a-1", "Architecture: all", "Maintainer: a <a@b.invalid>", "Description: a"]
    (tmp_path / "tree/DEBIAN/control").write_text("\n".join([*facts, ""]))
    (tmp_path / "tree/usr/share").mkdir(parents=True)
    (tmp_path / "tree/usr/share/a.txt").write_text("data")
    subprocess.run(["dpkg-deb", "--build", "tree", "tiny_1.0~a-1_all.deb"], cwd=tmp_path, check=True, capture_output=True)
    package = tmp_path / "tiny_1.0~a-1_all.deb"
    client(programs, "apt-get", f'[ "$1 $2" = "download tiny=1.0~a-1" ] && cp {package} .')
    found = obtained(Debian("tiny", "1.0~a-1", sha256(package)), tmp_path / "downloads")
    assert [(name, file.read()) for name, file in members(found)] == [("usr/share/a.txt", b"data")]


def test_a_client_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"`npm` is not installed.*Install npm, with Node.js 18 or newer.*put the file there yourself"):
        obtained(Npm("emoji", "1.0.0", NO_HASH), tmp_path)
    with pytest.raises(InputError, match="`apt-get` is not installed"):
        obtained(Debian("emoji", "1.0.0", NO_HASH), tmp_path)


def test_a_client_that_fails_is_quoted(tmp_path, programs):
    client(programs, "npm", "echo 'npm error 404 Not Found' >&2; exit 3")
    with pytest.raises(InputError, match=r"`npm pack emoji@9.9.9 .*failed with exit status 3: npm error 404 .*your own configuration"):
        obtained(Npm("emoji", "9.9.9", NO_HASH), tmp_path / "downloads")
    left = [path for path in (tmp_path / "downloads").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["lock"]


def test_an_interrupt_ends_the_client(tmp_path, programs):
    client(programs, "npm", f'[ "$1" = config ] && exit 1\necho $$ > {tmp_path}/pid; sleep 60')

    def interrupted(done: int, total: int = 0) -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Npm("emoji", "1.0.0", NO_HASH).get(tmp_path / "target", tmp_path / "part", interrupted)
    assert not is_running(int((tmp_path / "pid").read_text()))
    assert not (tmp_path / "part").exists()


def test_the_growth_of_its_files_is_the_progress_of_a_client(tmp_path, programs):
    """The client writes 1,000 bytes to npm's cache and waits until they have been seen."""
    (tmp_path / "cache/_cacache/tmp").mkdir(parents=True)
    growing = tmp_path / "cache/_cacache/tmp/a"
    script = f'[ "$1" = config ] && echo {tmp_path}/cache && exit\nhead -c 1000 /dev/zero > {growing}\n'
    client(programs, "npm", f"{script}while [ ! -e {tmp_path}/seen ]; do sleep 0.02; done; touch emoji.tgz")

    def progress(done: int, total: int = 0) -> None:
        if done == 1000:
            (tmp_path / "seen").touch()

    Npm("emoji", "1.0.0", NO_HASH).get(tmp_path / "target", tmp_path / "part", progress)
    assert (tmp_path / "target").exists()


def test_a_file_that_was_put_there_is_taken(tmp_path, monkeypatch):
    package = tgz(tmp_path / "emoji-1.0.0.tgz", {"package/a.txt": b"emoji"})
    download = Npm("emoji", "1.0.0", sha256(package))
    place_of(download, tmp_path).parent.mkdir()
    package.rename(place_of(download, tmp_path))
    monkeypatch.setenv("PATH", "")
    assert obtained(download, tmp_path) == place_of(download, tmp_path)


def test_a_file_of_an_installed_package(tmp_path):
    path = "pytest/py.typed"
    there = distribution("pytest").locate_file(path)
    assert obtained(Installed("pytest", path, sha256(there)), tmp_path).read_bytes() == there.read_bytes()
    for package, missing in (("pytest", "pytest/none"), ("no-such-package", path)):
        with pytest.raises(InputError, match=f"Install it: pip install {package}"):
            obtained(Installed(package, missing, NO_HASH), tmp_path)


def test_a_damaged_archive_is_one_clear_error(tmp_path):
    for name in ("a.tgz", "a.whl"):
        (tmp_path / name).write_bytes(b"no archive")
        with pytest.raises(InputError, match=f"Can't read the archive .*{name}"):
            list(members(tmp_path / name))
    with pytest.raises(InputError, match=r"has no file package/b\.txt"):
        read(tgz(tmp_path / "b.tgz", {"package/a.txt": b""}), ["package/a.txt", "package/b.txt"])

"""Tests of genlab.fetching.url against a server on this machine."""

import hashlib
import random

import pytest
from web import serving

from genlab.errors import InputError
from genlab.fetching import url as module
from genlab.fetching.sets import obtained, place_of
from genlab.fetching.url import Url

CONTENT = random.Random(0).randbytes(700_000)
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No pause between attempts."""
    monkeypatch.setattr(module, "WAIT", 0.0)


def test_a_download_that_is_cut_goes_on_where_it_stopped(tmp_path):
    with serving(CONTENT) as web:
        web.cuts = [300_000, 100_000]
        path = obtained(Url(web.address, HASH), tmp_path)
        assert path.read_bytes() == CONTENT
        assert web.asked == [None, "bytes=300000-", "bytes=400000-"]
        assert obtained(Url(web.address, HASH), tmp_path) == path
        assert len(web.asked) == 3  # the second time, nobody is asked


def test_what_has_arrived_is_kept_for_the_next_command(tmp_path):
    with serving(CONTENT) as web:
        web.cuts = [300_000, *[0] * (module.ATTEMPTS - 1)]
        with pytest.raises(InputError, match=r"300,000 of 700,000 bytes.*300,000 bytes have arrived and are kept") as raised:
            obtained(Url(web.address, HASH), tmp_path)
        assert str(place_of(Url(web.address, HASH), tmp_path)) in str(raised.value)
        web.asked.clear()
        assert obtained(Url(web.address, HASH), tmp_path).read_bytes() == CONTENT
        assert web.asked == ["bytes=300000-"]


def test_a_server_without_ranges_sends_the_file_from_the_beginning(tmp_path):
    with serving(CONTENT, ranges=False) as web:
        web.cuts = [300_000]
        assert obtained(Url(web.address, HASH), tmp_path).read_bytes() == CONTENT
        assert web.asked == [None, "bytes=300000-"]


def test_a_file_with_another_hash_is_refused_and_deleted(tmp_path):
    with serving(CONTENT) as web:
        wrong = Url(web.address, "0" * 64)
        with pytest.raises(InputError) as raised:
            obtained(wrong, tmp_path)
        assert HASH in str(raised.value) and "0" * 64 in str(raised.value)
        assert [path.name for path in place_of(wrong, tmp_path).parent.iterdir()] == ["lock"]


def test_a_part_of_another_file_is_given_up(tmp_path):
    """The file on the server has become shorter than the part."""
    with serving(CONTENT) as web:
        part = place_of(Url(web.address, HASH), tmp_path).with_name("photos.zip.part")
        part.parent.mkdir()
        part.write_bytes(bytes(len(CONTENT) + 1))
        assert obtained(Url(web.address, HASH), tmp_path).read_bytes() == CONTENT
        assert web.asked == [f"bytes={len(CONTENT) + 1}-", None]


def test_a_part_that_is_the_whole_file_is_taken(tmp_path):
    with serving(CONTENT) as web:
        part = place_of(Url(web.address, HASH), tmp_path).with_name("photos.zip.part")
        part.parent.mkdir()
        part.write_bytes(CONTENT)
        assert obtained(Url(web.address, HASH), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (503, module.ATTEMPTS)])
def test_a_server_that_refuses_is_named(tmp_path, status, requests):
    """A server that fails for now is asked again, one that has no such file is not."""
    with serving(CONTENT) as web:
        web.status = status
        with pytest.raises(InputError, match=f"{web.address}: the server answers {status}"):
            obtained(Url(web.address, HASH), tmp_path)
        assert len(web.asked) == requests


def test_a_server_that_does_not_answer_is_named(tmp_path):
    with serving(CONTENT) as web:
        pass
    with pytest.raises(InputError, match=f"{web.address}: .*Connection refused"):
        obtained(Url(web.address, HASH), tmp_path)


@pytest.mark.parametrize("sha256", ["", "abc", HASH.upper()])
def test_a_hash_is_required(sha256):
    with pytest.raises(InputError, match=r"`sha256` is .* expected 64 hexadecimal digits.*sha256sum"):
        Url("https://host.invalid/photos.zip", sha256)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "host.invalid/photos.zip", "https://host.invalid/", "ftp://host.invalid/a.zip"])
def test_only_files_of_web_servers_are_fetched(url):
    with pytest.raises(InputError, match="expected the address of a file"):
        Url(url, HASH)

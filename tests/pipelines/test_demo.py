"""Tests of the demo page: its server, and the page in a real browser with the network cut."""

import io
import socket
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import uvicorn
from browser import BROWSER, Page
from PIL import Image
from served_networks import CLASSES, MIXING, facts_of, make_release, sampling_network, styled_network, translating_network, translator_facts

from genlab.commands.models import open_model
from genlab.serving.operations import Answerer
from genlab.serving.sampler import Sampler
from genlab.serving.translator import Translator
from pipelines.demo.app import application


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """A conditional sampler, a style-based one, and a translator."""
    folder = tmp_path_factory.mktemp("releases")
    domains = {"domains": {"a": "drawing", "b": "photo"}}
    return {
        "garments": make_release(folder / "garments", facts_of(CLASSES), generator=sampling_network(conditional=True)),
        "styles": make_release(folder / "styles", facts_of([], **MIXING), generator=styled_network(conditional=False, mixing=True)),
        "negative": make_release(
            folder / "negative", translator_facts(["a_to_b"], noise=False) | domains, a_to_b=translating_network(noise=False)
        ),
    }


@pytest.fixture(scope="module")
def address(releases):
    """Address of a running demo page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    models = {name: open_model(str(folder))._replace(name=name) for name, folder in releases.items()}
    server = uvicorn.Server(uvicorn.Config(application(models), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def get(address, query, data=None):
    with urllib.request.urlopen(f"{address}/{query}", data) as answer:
        return answer.read()


def test_a_sample_of_the_page_is_that_of_the_served_model(address, releases):
    for seed in (0, 7):
        (expected,) = Sampler(releases["styles"]).images([seed], truncation=0.5)
        assert get(address, f"sample?model=styles&seed={seed}&truncation=0.5") == expected
    (expected,) = Sampler(releases["garments"]).images([3], label="shoe")
    assert get(address, "sample?model=garments&seed=3&label=shoe") == expected


def test_a_walk_ends_at_its_second_seed(address):
    image = {step: get(address, f"sample?model=styles&seed=1&to=2&step={step}&truncation=1") for step in (0, 50, 100)}
    assert image[0] == get(address, "sample?model=styles&seed=1&truncation=1") and len(set(image.values())) == 3


def test_styles_are_mixed_as_by_the_served_model(address, releases):
    query = "sample?model=styles&seed=1&truncation=1"
    (expected,) = Answerer(releases["styles"]).answer({"seed": [1]}, {"operation": "mix", "fine": 5, "crossover": 2})["image"]
    assert get(address, f"{query}&fine=5&crossover=2") == expected
    assert get(address, f"{query}&fine=5&crossover=4") == get(address, query) != expected


def test_a_translation_of_the_page_is_that_of_the_served_model(address, releases):
    file = io.BytesIO()
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(file, "PNG")
    (expected,) = Translator(releases["negative"]).images([file.getvalue()], "a_to_b")
    assert get(address, "translate?model=negative&direction=drawing_to_photo", file.getvalue()) == expected


@pytest.mark.parametrize(
    ("query", "data", "message"),
    [
        ("sample?model=nothing&seed=0", None, "model: got 'nothing', expected one of: garments, styles, negative."),
        ("sample?model=styles&seed=-1", None, "seed: got -1, expected a whole number from 0 on."),
        ("sample?model=garments&seed=0&label=hut", None, "label: got 'hut', expected one of hat (0), shoe (1)"),
        ("sample?model=styles&seed=0&truncation=3", None, "truncation: got 3.0, expected psi, a number from 0 to 1."),
        ("sample?model=styles&seed=0&fine=-2", None, "seed: got -2, expected a whole number from 0 on."),
        ("sample?model=garments&seed=0&fine=2", None, "--fine: got 2, but garments has no styles to mix."),
        ("translate?model=negative", b"no picture", "row 0: not an image that can be read"),
        ("translate?model=negative&direction=b_to_a", b"", "direction: got 'b_to_a', expected one of: a_to_b (drawing_to_photo)."),
    ],
)
def test_a_wrong_request_is_answered_with_a_reason(address, query, data, message):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(address, query, data)
    with caught.value as answer:
        assert answer.code == 400 and message in answer.read().decode()


@pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")
@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_in_a_browser_on_a_desk_and_on_a_phone(address, tmp_path, width):
    with Page(address, tmp_path, width) as page:
        page.wait("document.getElementById('large') && document.getElementById('large').dataset.width == 2")
        assert page.value("[...document.getElementById('model').options].map(each => each.value).join()") == "garments,styles,negative"
        assert page.value("document.documentElement.scrollWidth <= window.innerWidth")  # nothing is cut off
        # By keyboard: the first control is the model; then the seed, which the arrow raises.
        page.key("Tab")
        assert page.value("document.activeElement.id") == "model"
        page.key("Tab")
        before = page.value("document.getElementById('large').src")
        page.key("ArrowUp")
        page.wait(f"document.getElementById('large').src != '{before}' && document.getElementById('seed').value == 1")
        mixed = "document.getElementById('mixing').hidden"
        assert page.value(mixed)
        page.value("const menu = document.getElementById('model'); menu.value = 'styles'; menu.onchange(); 0")
        page.wait("document.getElementById('large').dataset.width == 2 && document.getElementById('truncates').textContent == 'psi'")
        assert not page.value(mixed) and page.value("document.getElementById('crossed').textContent") == "none"
        before = page.value("document.getElementById('large').src")
        page.value("const layer = document.getElementById('crossover'); layer.value = 1; layer.oninput(); 0")
        page.wait(f"document.getElementById('large').src != '{before}' && document.getElementById('crossed').textContent == '1 of 4'")
        page.screenshot(tmp_path / "styles.png")
        choose = "const box = document.getElementById('model'); box.value = 'negative'; box.onchange(); "
        page.value(choose + "document.getElementById('canvas').scrollIntoView()")
        assert page.value("document.getElementById('direction').selectedOptions[0].text") == "drawing_to_photo"
        x, y = page.value("(box => [box.left + 20, box.top + 20])(document.getElementById('canvas').getBoundingClientRect())")
        page.drag((x, y), (x + 60, y + 30), (x + 90, y + 90))
        page.wait("document.getElementById('result').dataset.width > 0")
        shown = page.value(
            "(async () => { const image = document.getElementById('result'), canvas = document.createElement('canvas');"
            "canvas.width = image.naturalWidth; canvas.height = image.naturalHeight; const pen = canvas.getContext('2d');"
            "pen.drawImage(image, 0, 0); const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;"
            "return [Math.min(...data.filter((_, place) => place % 4 == 0)), Math.max(...data.filter((_, place) => place % 4 == 0))]; })()"
        )
        assert shown == [0, 255]  # the negative of a black line on white
        assert page.value(
            "performance.getEntriesByType('resource').every(each => each.name.startsWith(location.origin) || each.name.startsWith('blob:'))"
        )
        page.screenshot(tmp_path / "page.png")

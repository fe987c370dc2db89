"""Tests of the images of a study: they are those of the served models and the held-out ones, and each is used once."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from served_networks import facts_of, sampling_network, translating_network, translator_facts
from study_people import ENTRY

from genlab.errors import InputError
from genlab.images.prepared_set import PreparedSet
from genlab.serving.sampler import Sampler
from genlab.study.material import gathered, released
from genlab.study.settings import KINDS, REAL, settings_of

TRAINED = {"checkpoint": "weights", "data_hash": "0" * 64, "image_set": "shades"}


def image_set(kind="unlabelled", side=2, held_out=60):
    """One image per shade; in a paired set b is the negative of a. Half as many training images."""
    domains = ["a", "b"] if kind in ("paired", "unpaired") else [""]
    rows = [
        {
            "path": f"{domain}/{shade:03}.png",
            "stem": f"{shade:03}",
            "domain": domain,
            "pair": f"{shade:03}" if kind == "paired" else "",
            "label": "",
        }
        | {"split": "train" if shade < held_out // 2 else "test"}
        for domain in domains
        for shade in range(held_out + held_out // 2)
    ]
    shades = [255 - int(row["stem"]) if row["domain"] == "b" else int(row["stem"]) for row in rows]
    images = np.broadcast_to(np.array(shades, np.uint8)[:, None, None, None], (len(rows), side, side, 1)).copy()
    return PreparedSet("shades", kind, images, pd.DataFrame(rows), (), "0" * 64, (0, 0, 0))


def sampler(**more):
    return released({"release.json": json.dumps(facts_of([], **TRAINED | more)).encode(), "generator.onnx": sampling_network(False)})


def translator(directions=("a_to_b",), **more):
    facts = translator_facts(list(directions), noise=False) | TRAINED | more
    network = translating_network(noise=False)
    return released({"release.json": json.dumps(facts).encode()} | {f"{name}.onnx": network for name in directions})


def settings(**changes):
    return settings_of(ENTRY | {"trials": 8, "items": 4, "models": ["one", "two"]} | changes)


def shade(picture):
    return int(np.asarray(Image.open(io.BytesIO(picture.png))).flat[0])


@pytest.mark.parametrize("kind", KINDS)
def test_no_image_is_used_twice_and_real_ones_are_held_out(kind):
    chosen = settings(kind=kind, items=8)
    material = gathered(chosen, {"one": sampler(), "two": sampler()}, image_set())
    items = [item for group in material.groups.values() for item in group] + [*material.practice, *material.checks]
    pictures = [picture for item in items for picture in item.pictures]
    origins = [picture.origin for picture in pictures if picture.owner != "check"]
    assert len(set(origins)) == len(origins)
    assert all(int(picture.origin[1:4]) >= 30 for picture in pictures if picture.owner == REAL)
    assert all(len(group) == (16 if name == REAL else 8) for name, group in material.groups.items())


def test_samples_are_those_of_the_served_model():
    release = sampler()
    material = gathered(settings(), {"one": release, "two": sampler()}, image_set())
    picture = material.groups["one"][0].pictures[0]
    assert Sampler(release).images([int(picture.origin.removeprefix("seed "))]) == [picture.png]


def test_translations_are_shown_next_to_each_other_below_their_source():
    """The network makes the negative, of which the truth of this set is one as well."""
    material = gathered(settings(kind="preference", items=8), {"one": translator(), "two": translator()}, image_set("paired", 16))
    for item in material.groups["one|two"]:
        assert [255 - shade(picture) for picture in item.pictures] == [shade(item.source)] * 2 and item.right is None
    assert all(item.source is not None for item in material.checks)


@pytest.mark.parametrize("kind", ["paired", "unpaired"])
def test_real_images_are_of_the_domain_that_is_generated(kind):
    chosen = settings(kind="real_against_generated", items=8)
    material = gathered(chosen, {"one": translator(), "two": translator()}, image_set(kind, 16))
    for item in material.groups["one"]:
        real, generated = item.pictures
        assert real.origin.startswith("b/") and generated.origin.startswith("a/") and item.source is None


def test_translations_back_have_real_images_of_the_other_domain():
    both = ("a_to_b", "b_to_a")
    chosen = settings(kind="real_against_generated", items=8, direction="b_to_a")
    material = gathered(chosen, {"one": translator(both), "two": translator(both)}, image_set("unpaired", 16))
    assert all(item.pictures[0].origin.startswith("a/") and item.pictures[1].origin.startswith("b/") for item in material.groups["two"])


@pytest.mark.parametrize(
    ("releases", "images", "message"),
    [
        (
            {"one": sampler(), "two": translator()},
            image_set(),
            "user_study.models: got {'one': 'sampler', 'two': 'translator'}; samplers and",
        ),
        (
            {"one": sampler(), "two": sampler(data_hash="1" * 64)},
            image_set(),
            "user_study.models: two was trained on the image set 'shades' (11",
        ),
        (
            {"one": translator(("b_to_a",)), "two": translator()},
            image_set("paired", 16),
            "user_study.direction: got 'a_to_b', but one translates",
        ),
        (
            {"one": sampler(), "two": sampler()},
            image_set(held_out=6),
            "user_study: the image set 'shades' has 6 held-out images, which are too",
        ),
    ],
)
def test_models_that_do_not_fit_are_one_clear_error(releases, images, message):
    with pytest.raises(InputError) as caught:
        gathered(settings(), releases, images)
    assert str(caught.value).startswith(message)

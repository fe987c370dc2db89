"""Batches of training images: order, sampling, augmentation and labels."""

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.images.feeding.augment import Augmentation
from genlab.images.feeding.source import ImageSource
from genlab.images.pixels import channels_last, to_bytes, to_unit
from genlab.images.prepared_set import PreparedSet


def image_set(kind, count=10, size=(12, 8)):
    """Image i of a domain is a ramp with i in its first pixel, which identifies it after augmentation."""
    domains = ("a", "b") if kind in ("paired", "unpaired") else ("",)
    rows, images = [], []
    for number, domain in enumerate(domains):
        for index in range(count):
            picture = np.zeros((*size, 3), np.uint8)
            picture[..., 0] = index
            picture[..., 1] = 100 * number
            picture[..., 2] = np.arange(size[1])  # identifies mirrored images
            images.append(picture)
            pair = f"{index:02}" if kind == "paired" else ""
            row = {"stem": f"{index:02}", "path": f"{domain}/{index:02}.png", "domain": domain, "pair": pair}
            rows.append(row | {"split": "test" if index >= 8 else "train", "label": f"l{index % 2}" if kind == "labelled" else ""})
    return PreparedSet("ramps", kind, np.stack(images), pd.DataFrame(rows), ("l0", "l1") if kind == "labelled" else (), "0", (0, 0, 0))


def batches(source, count, start=0):
    return list(itertools.islice(source.batches(start), count))


def same(left, right):
    return all(torch.equal(x[role], y[role]) for x, y in zip(left, right, strict=True) for role in x)


def uneven():
    """Training images 0 to 4 are of class l0, 5 and 6 of l1, 7 of l3; class l2 has held-out images only."""
    images = image_set("labelled")
    images.manifest["label"] = [f"l{number}" for number in "0000011322"]
    return dataclasses.replace(images, classes=("l0", "l1", "l2", "l3"))


def shown(batch, role="image"):
    """Indices of the images, read from their first pixels."""
    return to_bytes(batch[role])[:, 0, 0, 0].tolist()


@pytest.mark.parametrize("kind", ["unlabelled", "labelled", "paired", "unpaired"])
def test_a_batch_is_a_function_of_the_seed_and_its_number(kind):
    def source(seed, workers=0):
        return ImageSource(image_set(kind), 4, seed, Augmentation(flip=0.5, jitter=0.25), workers)

    straight = batches(source(0), 6)
    assert same(batches(source(0), 3, start=3), straight[3:])
    assert same(batches(source(0, workers=2), 6), straight)
    assert not same(batches(source(1), 6), straight)


def test_every_training_image_is_seen_once_per_pass_and_no_other():
    source = ImageSource(image_set("unlabelled"), 4, seed=0)
    passes = [torch.cat([batch["image"] for batch in batches(source, 2, start=start)]) for start in (0, 2, 4)]
    orders = [to_bytes(images)[:, 0, 0, 0].tolist() for images in passes]
    assert all(sorted(order) == list(range(8)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize(("kind", "orders"), [("labelled", {"image": 0}), ("paired", {"a": 0, "b": 0}), ("unpaired", {"a": 0, "b": 1})])
def test_the_natural_order_of_a_seed_never_changes(kind, orders):
    """A different order would be a different experiment under the same name."""
    got = batches(ImageSource(image_set(kind), 3, seed=5), 8)
    for role, order in orders.items():
        passes = [np.random.default_rng(mix(5, number, order)).permutation(8) for number in range(3)]
        assert np.concatenate([shown(batch, role) for batch in got]).tolist() == np.concatenate(passes).tolist()


@pytest.mark.parametrize("size", [3, 4, 7])
def test_every_block_of_a_balanced_order_holds_every_class_once(size):
    got = batches(ImageSource(uneven(), size, seed=0, sampling="balanced"), 30)
    labels = torch.cat([batch["label"] for batch in got]).tolist()
    blocks = [tuple(labels[start : start + 3]) for start in range(0, len(labels), 3)]
    assert {tuple(sorted(block)) for block in blocks} == {(0, 1, 3)}
    assert len(set(blocks)) == 6  # every order occurs


def test_balanced_sampling_shows_every_image_once_per_pass_through_its_class():
    got = batches(ImageSource(uneven(), 4, seed=0, sampling="balanced"), 30)
    pairs = [pair for batch in got for pair in zip(batch["label"].tolist(), shown(batch), strict=True)]
    for label, members in {0: [0, 1, 2, 3, 4], 1: [5, 6], 3: [7]}.items():
        order = [image for each, image in pairs if each == label]
        assert len(order) == 40
        passes = [order[start : start + len(members)] for start in range(0, 40, len(members))]
        assert all(sorted(each) == members for each in passes)
        assert any(each != passes[0] for each in passes) or len(members) == 1


def test_a_balanced_batch_is_a_function_of_the_seed_and_its_number():
    def source(seed, workers=0):
        return ImageSource(uneven(), 4, seed, Augmentation(flip=0.5, jitter=0.25), workers, sampling="balanced")

    straight = batches(source(0), 6)
    assert same(batches(source(0), 3, start=3), straight[3:])
    assert same(batches(source(0, workers=2), 6), straight)
    assert not same(batches(source(1), 6), straight)
    assert source(0).epoch == 8  # as for the natural order


@pytest.mark.parametrize("kind", ["unlabelled", "paired", "unpaired"])
def test_a_set_without_labels_is_not_balanced(kind):
    message = rf"sampling: got 'balanced', but image set 'ramps' is {kind}; expected a labelled set\. Set `sampling: natural`"
    with pytest.raises(InputError, match=message):
        ImageSource(image_set(kind), 4, seed=0, sampling="balanced")


def test_two_passes_are_augmented_differently():
    source = ImageSource(image_set("unlabelled", count=1 + 8), 8, seed=0, augmentation=Augmentation(flip=0.5))
    mirrored = []
    for batch in batches(source, 6):
        pixels = to_bytes(batch["image"])
        order = pixels[:, 0, 0, 0].argsort()
        mirrored.append(tuple((pixels[order, 2, 0, 0] > 0).tolist()))
    assert len(set(mirrored)) > 3
    assert 0.2 < np.mean(mirrored) < 0.8


def test_both_images_of_a_pair_get_the_same_geometry():
    source = ImageSource(image_set("paired"), 4, seed=0, augmentation=Augmentation(flip=0.5, jitter=0.5))
    for batch in batches(source, 5):
        a, b = to_bytes(batch["a"]), to_bytes(batch["b"])
        assert torch.equal(a[:, (0, 2)], b[:, (0, 2)])
        assert (a[:, 1] == 0).all()
        assert (b[:, 1] == 100).all()


@pytest.mark.parametrize("fill", ["enlarge", "pad"])
@pytest.mark.parametrize("size", [(12, 8), (32, 32)])
def test_a_pair_of_equal_images_stays_equal(fill, size):
    pair = image_set("paired", size=size)
    noise = np.random.default_rng(0).integers(0, 256, (10, *size, 3), dtype=np.uint8)
    pair.images[:10], pair.images[10:] = noise, noise
    augmented = batches(ImageSource(pair, 4, seed=0, augmentation=Augmentation(flip=0.5, jitter=0.25, fill=fill)), 6)
    assert all(torch.equal(batch["a"], batch["b"]) for batch in augmented)
    assert not same(augmented, batches(ImageSource(pair, 4, seed=0), 6))


def test_unpaired_domains_are_shuffled_independently():
    a, b = (torch.cat([batch[domain] for batch in batches(ImageSource(image_set("unpaired"), 8, seed=0), 3)]) for domain in ("a", "b"))
    assert not torch.equal(to_bytes(a)[:, 0, 0, 0], to_bytes(b)[:, 0, 0, 0])


def test_labels_match_their_images():
    for batch in batches(ImageSource(image_set("labelled"), 4, seed=0), 4):
        assert torch.equal(to_bytes(batch["image"])[:, 0, 0, 0] % 2, batch["label"])


def test_the_global_random_state_is_unchanged():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    batches(ImageSource(image_set("unlabelled"), 4, seed=0, augmentation=Augmentation()), 2)
    assert torch.equal(torch.rand(4), expected)


def test_bytes_survive_the_round_trip_to_unit_range():
    every = torch.arange(256, dtype=torch.uint8)
    unit = to_unit(every)
    assert unit.min() == -1
    assert unit.max() == 1
    assert torch.equal(to_bytes(unit), every)


def test_a_set_without_training_images_is_an_error():
    empty = image_set("unlabelled")
    empty.manifest["split"] = "test"
    with pytest.raises(InputError, match=r"'ramps' has no training images for 'image'\. Add some, or lower the share `test`"):
        ImageSource(empty, 4, seed=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_last_changes_the_layout_and_nothing_else(channels):
    images = torch.rand(2, channels, 4, 5)
    laid_out = channels_last(images)
    assert torch.equal(laid_out, images)
    assert laid_out.stride() == (channels * 20, 1, channels * 5, channels)


@pytest.mark.parametrize("kind", ["unlabelled", "labelled", "paired", "unpaired"])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_that_stay_on_the_device_give_the_same_batches(kind, last, channels):
    images = image_set(kind)
    images = dataclasses.replace(images, images=np.ascontiguousarray(images.images[..., :channels]))
    moved, resident = (ImageSource(images, 3, seed=5, channels_last=last, resident=stay) for stay in (False, True))
    expected, found = batches(moved, 12, start=4), batches(resident, 12, start=4)
    assert same(expected, found) and same(found, expected)
    assert all(
        x[role].dtype == y[role].dtype and x[role].stride() == y[role].stride() for x, y in zip(expected, found, strict=True) for role in x
    )


def test_images_that_stay_on_the_device_are_sampled_and_divided_alike():
    images = uneven()
    options = {"seed": 2, "sampling": "balanced", "rows": np.array([1, 3])}
    assert same(*(batches(ImageSource(images, 4, resident=stay, **options), 9) for stay in (False, True)))


def test_samples_of_a_density_may_stay_on_the_device():
    images = image_set("unlabelled")
    points = dataclasses.replace(images, images=np.random.default_rng(0).normal(size=(10, 1, 1, 2)).astype(np.float32))
    assert same(*(batches(ImageSource(points, 4, seed=1, resident=stay), 5) for stay in (False, True)))


def test_only_training_images_stay_on_the_device():
    source = ImageSource(image_set("labelled"), 4, seed=0, resident=True)
    assert len(source.resident.pixels) == len(source.resident.labels) == 8 and source.resident.pixels.dtype == torch.uint8
    assert sorted(source.resident.pixels[:, 0, 0, 0].tolist()) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_images_that_are_augmented_cannot_stay_on_the_device():
    with pytest.raises(InputError, match=r"compute.resident: got true with an augmentation, expected 'auto' or false"):
        ImageSource(image_set("unlabelled"), 4, seed=0, augmentation=Augmentation(), resident=True)

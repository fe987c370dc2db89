"""Scores of translations, with simple stand-ins for the recipes and the extractor."""

import numpy as np
import pandas as pd
import pytest
import torch
from stand_ins import Means

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.evaluation.evaluate import evaluate
from genlab.evaluation.scores import GroupName
from genlab.images.prepared_set import PreparedSet


class Translator(Recipe):
    """Adds a quarter of the range from a to b and subtracts it from b to a; adds `shift`, if given, in both directions."""

    def __init__(self, directions=("a_to_b", "b_to_a"), shift=None):
        super().__init__()
        self.directions, self.shift, self.updates = directions, shift, {}

    def sample(self, images, direction):
        shift = self.shift if self.shift is not None else 0.5 if direction == "a_to_b" else -0.5
        return (images + shift).clamp(-1, 1)

    def generators(self):
        return dict.fromkeys(self.directions, self)


class Activating(Means):
    """An extractor whose activations are the pixels."""

    layers = "the pixels"

    def stages(self, images):
        return [images.transpose(0, 3, 1, 2).astype(np.float32)]


def two_domains(count=8, paired=True):
    """Dark images (a) and the same images a quarter of the range lighter (b), all held out."""
    dark = np.random.default_rng(0).integers(20, 120, (count, 4, 4, 3), np.uint8).repeat(4, 1).repeat(4, 2)
    images = np.concatenate([dark, dark + 64])
    stems = [f"{index:02}" for index in range(count)]
    manifest = pd.DataFrame({"path": [f"{domain}/{stem}.png" for domain in "ab" for stem in stems], "stem": stems * 2})
    manifest["domain"], manifest["split"], manifest["label"] = np.repeat(["a", "b"], count), "test", ""
    manifest["pair"] = manifest["stem"] if paired else ""
    return PreparedSet("shades", "paired" if paired else "unpaired", images, manifest, (), "0" * 64, (0, 0, 0))


@pytest.fixture
def evaluated():
    return evaluate(Translator(), Translator(shift=0.25), two_domains(), Activating())


def test_a_perfect_translation_matches_the_truth_and_beats_its_baselines(evaluated):
    assert [group.name for group in evaluated.scores.groups] == [GroupName.A_TO_B, GroupName.B_TO_A]
    for group in evaluated.scores.groups:
        assert [row.name for row in group.rows] == ["translated", "untrained", "identity"]
        l1 = [row.values["l1"].value for row in group.rows]
        # The range of 2 is 255 levels: a shift of 0.5 is 63.75 levels, but the domains are 64 levels apart.
        assert l1[0] == pytest.approx(2 * 64 / 255 - 0.5, abs=1e-4) and l1[2] == pytest.approx(2 * 64 / 255, abs=1e-4)
        assert group.own.values["kid_means"].value < group.baselines[0].values["kid_means"].value
        assert group.own.values["perceptual_means"].value < 0.01


def test_cycle_l1_compares_round_trips_with_their_sources(evaluated):
    (forth, back) = evaluated.scores.groups
    for group, untrained in ((forth, 0.5), (back, 0.5)):
        assert group.own.values["cycle_l1"].value == pytest.approx(0, abs=1e-6)
        assert group.baselines[0].values["cycle_l1"].value == pytest.approx(untrained, abs=0.1)
        assert "cycle_l1" not in group.baselines[1].values


def test_the_headline_is_the_mean_over_both_directions_or_the_score_of_the_only_one(evaluated):
    kids = [group.own.values["kid_means"] for group in evaluated.scores.groups]
    headline = evaluated.scores.headline
    assert headline.name == "kid_means_mean" and headline.value == pytest.approx(np.mean([kid.value for kid in kids]))
    assert headline.spread == pytest.approx(np.linalg.norm([kid.spread for kid in kids]) / 2)
    one = evaluate(Translator(("b_to_a",)), Translator(("b_to_a",)), two_domains(), Activating()).scores
    assert one.headline == ("kid_means", kids[1].value, True, kids[1].spread)
    assert one.protocol.directions == ("b_to_a",) and "cycle_l1" not in one.groups[0].own.values


def test_without_pairs_there_are_no_paired_scores():
    scores = evaluate(Translator(), Translator(), two_domains(paired=False), Activating()).scores
    assert scores.protocol.held_out_are_pairs is False
    assert set(scores.groups[0].baselines[1].values) == {"kid_means", "fid_means"}


def test_the_protocol_and_the_sheet(evaluated):
    protocol = evaluated.scores.protocol
    assert (protocol.extractor, protocol.images, protocol.size) == ("means", {"a": 8, "b": 8}, (16, 16))
    assert set(protocol.reference_sha256) == {"a", "b"} and protocol.samples is None and protocol.held_out_are_pairs is True
    assert evaluated.samples.width > 8 * 64 and evaluated.pictures == {}


def test_too_few_held_out_images_of_a_domain_are_an_error():
    with pytest.raises(InputError, match="'shades' holds out 1 images of domain a"):
        evaluate(Translator(), Translator(), two_domains(count=1), Activating())


def test_dropout_noise_does_not_depend_on_earlier_draws():
    class Noisy(Translator):
        def sample(self, images, direction):
            return (images + torch.rand(len(images), 1, 1, 1)).clamp(-1, 1)

    def scores(seed):
        torch.manual_seed(seed)
        return evaluate(Noisy(), Noisy(), two_domains(), Activating()).scores

    assert scores(1) == scores(2)

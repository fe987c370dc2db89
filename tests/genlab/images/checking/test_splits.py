"""Assignment of images to the training and the held-out split."""

import numpy as np
import pandas as pd

from genlab.images.checking.splits import assign_splits, uniform


def manifest(stems: list[str], domains: str = "", split: str = "") -> pd.DataFrame:
    rows = [(stem, domain, split) for domain in (domains or [""]) for stem in stems]
    return pd.DataFrame(rows, columns=["stem", "domain", "split"])


STEMS = [f"image{number}" for number in range(2000)]


def splits(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    return {(row.stem, row.domain): row.split for row in table.itertuples()}


def test_uniform_is_uniform():
    values = np.sort([uniform(0, stem) for stem in STEMS])
    distance = np.abs(values - (np.arange(2000) + 0.5) / 2000).max()
    assert distance < 1.63 / 2000**0.5  # Kolmogorov-Smirnov at 1 %


def test_adding_an_image_moves_no_other():
    before = splits(assign_splits(manifest(STEMS), "unlabelled", 0.2, seed=1))
    after = splits(assign_splits(manifest([*STEMS, "new"]), "unlabelled", 0.2, seed=1))
    assert before.items() <= after.items()
    assert before != splits(assign_splits(manifest(STEMS), "unlabelled", 0.2, seed=2))


def test_a_larger_fraction_keeps_the_held_out_images():
    small, large = (splits(assign_splits(manifest(STEMS), "unlabelled", fraction, 0)) for fraction in (0.1, 0.3))
    assert {stem for stem, split in small.items() if split == "test"} < {stem for stem, split in large.items() if split == "test"}


def test_a_split_given_by_the_layout_is_kept():
    assert set(assign_splits(manifest(STEMS, split="train"), "unlabelled", 0.2, 0)["split"]) == {"train"}


def test_both_images_of_a_pair_are_in_one_split():
    table = assign_splits(manifest(STEMS, "ab"), "paired", 0.2, 0)
    assert (table.groupby("pair")["split"].nunique() == 1).all()
    assert (table["pair"] == table["stem"]).all()


def test_with_truth_training_is_unpaired_and_held_out_images_are_pairs():
    table = assign_splits(manifest(STEMS, "ab"), "unpaired", 0.2, 0, truth="stem")
    training, held_out = table[table["split"] == "train"], table[table["split"] == "test"]
    assert not set(training.loc[training["domain"] == "a", "stem"]) & set(training.loc[training["domain"] == "b", "stem"])
    assert set(training["stem"]) | set(held_out["stem"]) == set(STEMS)
    assert (held_out.groupby("pair").size() == 2).all()
    assert set(training["pair"]) == {""}
    assert 0.4 < (training["domain"] == "a").mean() < 0.6


def test_with_truth_an_image_without_a_partner_is_used():
    table = pd.concat([manifest(STEMS, "a"), manifest(["only_b"], "b")], ignore_index=True)
    assert "" not in set(assign_splits(table, "unpaired", 0.2, 0, truth="stem")["split"])


def test_without_truth_nothing_is_unused_and_nothing_paired():
    table = assign_splits(manifest(STEMS, "ab"), "unpaired", 0.2, 0)
    assert set(table["split"]) == {"train", "test"}
    assert set(table["pair"]) == {""}

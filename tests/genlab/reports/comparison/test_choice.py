"""Tests of the choice of recipes that can be compared."""

import pytest
from scored_runs import run, sampled, translated

from genlab.errors import InputError
from genlab.reports.comparison.choice import choose


def names(runs):
    return [each.name for each in runs]


def test_the_best_recipe_is_first_and_one_without_a_number_last():
    runs = [run("a", sampled(0.2)), run("b", sampled(float("nan"))), run("c", sampled(0.1))]
    assert names(choose(runs, "fashion").runs) == ["c", "a", "b"]


def test_recipes_under_another_protocol_are_listed_with_the_fields_that_differ():
    few = sampled(0.01, images={"held_out": 1000, "generated": 500})
    chosen = choose([run("few", few), run("a", sampled(0.2)), run("b", sampled(0.1))], "fashion")
    assert names(chosen.runs) == ["b", "a"]
    assert chosen.others == {"few": "images.generated was 1000 and is 500"}


def test_recipes_of_another_set_join_if_their_held_out_images_are_the_same():
    own, paired = run("cyclegan", translated(0.2), "emoji"), run("pix2pix", translated(0.1, directions=["a_to_b"]), "emoji_pairs")
    other = run("pix2pix_satellite", translated(0.1, reference_sha256={"a": "3" * 64, "b": "4" * 64}), "satellite")
    chosen = choose([own, paired, other], "emoji")
    assert names(chosen.runs) == ["pix2pix", "cyclegan"] and not chosen.others


def test_without_scores_the_message_has_the_commands_that_make_them():
    with pytest.raises(InputError, match=r"no recipe on 'digits' has scores.*`kedro run --pipeline=vae_digits`"):
        choose([run("gan", sampled(0.1))], "digits", None, ["vae_digits"])
    with pytest.raises(InputError, match=r"among those of compare.recipes.*`kedro run --pipeline=wgan`"):
        choose([run("gan", sampled(0.1))], "fashion", ["wgan"])


def test_models_are_ranked_by_a_score_that_they_share_and_not_by_headlines_of_different_names():
    both = translated(0.3)
    both = both._replace(headline=both.headline._replace(name="kid_efflite0_mean", value=0.1))  # its other direction is better
    chosen = choose([run("cyclegan", both, "emoji"), run("pix2pix", translated(0.2), "emoji")], "emoji")
    assert names(chosen.runs) == ["pix2pix", "cyclegan"]

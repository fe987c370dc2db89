"""Tests of what a recipe takes over from another training: by name and shape, and nothing about the course of a training."""

import copy

import pytest
import torch
from fine_tuning import built, changed, of_conf, source_of
from stand_ins import MODEL

from genlab.errors import InputError
from genlab.training.matching import load, match


@pytest.mark.parametrize(
    "name", ["gan", "stylegan2", "stylegan2_ada", "progan", "biggan", "sngan", "pix2pix", "cyclegan", "vae_mixture", "r3gan"]
)
def test_a_recipe_of_the_same_networks_takes_over_all_learnt_values(name):
    source, recipe = built(of_conf(name), 1), built(of_conf(name), 2)
    before = {key: value.clone() for key, value in recipe.state_dict().items()}
    found = match(recipe, source_of(source))
    assert not found.missing and not found.shapes and not found.unused and {*found.values} == {*recipe.learnt()}
    load(recipe, found)
    after, theirs, averages = recipe.state_dict(), source.state_dict(), {average: network for network, average in recipe.averages_of}
    for key, value in after.items():
        average = next((each for each in averages if key.startswith(f"{each}.module.")), None)
        if key in recipe.learnt():
            assert torch.equal(value, theirs[key]), key
        elif average:  # starts at the network, not at the source's average
            assert torch.equal(value, theirs[key.replace(f"{average}.module", averages[average])]), key
        else:  # latents that are shown, pools, probabilities, counters
            assert torch.equal(value, before[key]), key


def test_what_describes_the_course_of_a_training_starts_afresh():
    model = of_conf("stylegan2_ada")
    source, recipe = built(model, 1), built(model, 2)
    source.critic_augmentation.probability.fill_(0.7)
    source.path_length.mean.fill_(3.0)
    source.average.n_averaged.fill_(9)
    source.generator.mean.fill_(0.5)  # a part of the generator, which truncation needs
    load(recipe, match(recipe, source_of(source)))
    assert recipe.critic_augmentation.probability == 0 and recipe.path_length.mean == 0 and recipe.average.n_averaged == 0
    assert (recipe.generator.mean == 0.5).all() and (recipe.average.module.mean == 0.5).all()


def test_the_moving_average_of_a_checkpoint_can_be_the_start_of_network_and_average():
    model = of_conf("stylegan2")
    source, recipe = built(model, 1), built(model, 2)
    for value in source.average.module.parameters():
        value.data.add_(1.0)
    load(recipe, match(recipe, source_of(source), average=True))
    for network in (recipe.generator, recipe.average.module):
        assert all(map(torch.equal, network.state_dict().values(), source.average.module.state_dict().values()))
    assert all(map(torch.equal, recipe.critic.state_dict().values(), source.critic.state_dict().values()))
    without = built(changed(model, average_half_life=0.0), 3)
    load(without, match(without, source_of(source), average=True))  # a recipe without a moving average of its own
    assert all(map(torch.equal, without.generator.state_dict().values(), source.average.module.state_dict().values()))
    with pytest.raises(InputError, match=r"initial\.average: got true, but source has no moving average: .* Set it to false"):
        match(recipe, source_of(without), average=True)


def test_other_channels_and_classes_leave_out_what_they_change():
    source = built(of_conf("stylegan2"), 1)
    recipe = built(changed(of_conf("stylegan2"), channels=3), 2)
    before = copy.deepcopy(recipe.state_dict())
    found = match(recipe, source_of(source))
    levels = len(recipe.generator.synthesis.to_image)
    colours = [
        f"generator.synthesis.to_image.{level}.{name}" for level in range(levels) for name in ("bias", "convolution.convolution.weight")
    ]
    assert {*found.shapes} == {*colours, "critic.from_image.weight"} and not found.missing and not found.unused
    assert found.shapes["critic.from_image.weight"][0][1] == 1 and found.shapes["critic.from_image.weight"][1][1] == 3
    load(recipe, found)
    for name, value in recipe.learnt().items():
        assert torch.equal(value, before[name] if name in found.shapes else source.state_dict()[name]), name
    ten, five = (built(changed(of_conf("biggan"), classes=count), 1) for count in (10, 5))
    found = match(five, source_of(ten))
    assert {name.rpartition(".")[0].removesuffix(".parametrizations.weight") for name in found.shapes} == {
        "generator.embedding",
        "critic.head.embedding",
        "critic.head.embedding.parametrizations.weight.0",
    }


def test_the_blocks_of_a_smaller_stylegan_enter_at_their_sides():
    """Twice the side with half the width has the same filters at each common side; all blocks below the new side are taken over."""
    small = {"size": 16, "width": 8, "most": 16}
    source, recipe = built(changed(of_conf("stylegan2"), **small), 1), built(changed(of_conf("stylegan2"), size=32, width=4, most=16), 2)
    load(recipe, match(recipe, source_of(source)))
    ours, theirs = recipe.generator.synthesis, source.generator.synthesis
    for mine, other in [*zip(ours.layers, theirs.layers, strict=False), *zip(ours.to_image, theirs.to_image, strict=False)]:
        assert all(map(torch.equal, mine.state_dict().values(), other.state_dict().values()))
    assert len(recipe.critic.blocks) == len(source.critic.blocks) + 1
    for mine, other in zip(reversed(recipe.critic.blocks), reversed(source.critic.blocks), strict=False):
        assert all(map(torch.equal, mine.state_dict().values(), other.state_dict().values()))


def test_a_mixture_goes_on_from_all_of_its_parameters_or_from_none():
    model = of_conf("gmm_digits")
    source, recipe = built(model, 1), built(model, 2)
    for mixture in source.mixtures:
        mixture.means.normal_()
        mixture.passes.fill_(7)
        mixture.converged.fill_(True)
    load(recipe, match(recipe, source_of(source)))
    assert recipe.begun
    for mine, other in zip(recipe.mixtures, source.mixtures, strict=True):
        assert torch.equal(mine.means, other.means) and mine.passes == 0 and not mine.converged
    more = built(changed(model, components=model["components"] + 1), 3)
    with pytest.raises(InputError, match=r"(?s)nothing of source fits|EM starts from all parameters"):
        load(more, match(more, source_of(source)))


def test_another_class_of_recipe_is_refused():
    with pytest.raises(
        InputError, match=r"source was trained as a genlab\.recipes\.stylegan\.StyleGAN, this recipe is a genlab\.recipes\.gan\.GAN"
    ):
        match(built(MODEL, 1), source_of(built(of_conf("stylegan2"), 1)))


def test_nothing_that_fits_is_an_error_with_both_sides():
    wide = changed(MODEL, width=8, latent_size=5)
    with pytest.raises(
        InputError, match=r"nothing of source fits this recipe\. It has .*critic\.layers\.0\.weight \(8 x 1 x 4 x 4\).*; the recipe has"
    ):
        match(built(MODEL, 1), source_of(built(wide, 2)))

"""Pictures of sampling recipes."""

import numpy as np
import pytest
import torch
from stand_ins import Conditional, Styled, image_set, reference

from genlab.evaluation.pictures import sample_pictures
from genlab.evaluation.sampler import sampler
from genlab.evaluation.scores import Group
from genlab.evaluation.settings import Settings
from genlab.networks.latents import normal
from genlab.pictures.mosaic import HEADING
from genlab.pictures.samples import LATENTS
from genlab.pictures.sheets import strip
from genlab.serving.latents import of_seed

CPU = torch.device("cpu")


def pictures_of(recipe, images, truncations=None):
    latents = normal(LATENTS, recipe.latent_size, 0)
    samples = torch.zeros(LATENTS, 1, 16, 16)
    resembling, sample = np.zeros((LATENTS, 3), int), sampler(recipe, CPU, False)
    return sample_pictures(recipe, CPU, sample, latents, samples, resembling, reference(images), Settings(), truncations)


def test_a_conditional_recipe_also_has_a_picture_of_its_classes():
    sheet, pictures = pictures_of(Conditional(), image_set())
    assert set(pictures) == {"interpolation", "neighbours", "truncation", "class_interpolation"}
    plain, others = pictures_of(Styled(), image_set())
    assert set(others) == {"interpolation", "neighbours", "truncation"} and plain.size != sheet.size


def test_truncation_scores_and_reconstructions_are_drawn():
    class Reconstructing(Styled):
        def reconstruct(self, batch):
            assert len(batch["image"]) == 16
            return batch["image"]

    scores = Group.from_json("truncation", {name: {"kid_x": 0.1, "precision": 0.5, "recall": 0.5} for name in ("1", "0.5")})
    _, pictures = pictures_of(Reconstructing(), image_set(), scores)
    assert {"truncation_curve", "reconstructions"} <= set(pictures)


@pytest.mark.parametrize("recipe", [Conditional(), Styled(), Styled(2)], ids=["conditional", "styled", "both"])
def test_the_sheet_shows_the_seeds_that_a_released_model_generates(recipe):
    sheet, _ = pictures_of(recipe, image_set())
    drawn, labels = [of_seed(seed, 3, recipe.classes, recipe.noise_size) for seed in range(12)], torch.ones(12, dtype=torch.long)
    latents, noise = (torch.from_numpy(np.stack(each)) for each in ([one.latent for one in drawn], [one.noise for one in drawn]))
    given = {"labels": labels} if recipe.classes else {}
    expected = strip(recipe.sample(latents, **given, **({"noise": noise} if recipe.noise_size else {})), 12)
    top = HEADING + (expected.height + HEADING if recipe.classes else 0)  # below the row of class 0
    assert np.array_equal(np.asarray(sheet)[top : top + expected.height], np.asarray(expected))

"""Pictures of sampling recipes."""

import numpy as np
import torch
from stand_ins import Conditional, Styled, image_set

from genlab.evaluation.pictures import sample_pictures
from genlab.evaluation.sampler import sampler
from genlab.evaluation.scores import Group
from genlab.images.feeding.source import batch_of
from genlab.networks.latents import normal
from genlab.pictures.samples import LATENTS

CPU = torch.device("cpu")


def pictures_of(recipe, images, truncations=None):
    latents = normal(LATENTS, recipe.latent_size, 0)
    samples = torch.zeros(LATENTS, 1, 16, 16)
    resembling, held_out = np.zeros((LATENTS, 3), int), batch_of(images, images.indices("test"), CPU)
    return sample_pictures(recipe, sampler(recipe, CPU, False), latents, samples, resembling, held_out, images, truncations)


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

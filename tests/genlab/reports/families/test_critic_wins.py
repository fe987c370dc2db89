"""Tests of the chapter on the original GAN."""

import pandas as pd
import pytest
from safetensors.torch import save_file
from scored_runs import sampled

from genlab.build import build
from genlab.reports.artifacts import Project
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.families import critic_wins

ROWS = 20


def entry(loss: str, classes: int = 0) -> dict:
    generator = {"class": "genlab.networks.maxout.Generator", "size": 8, "latent_size": 4, "hidden": [4]}
    critic = {"class": "genlab.networks.maxout.Critic", "size": 8, "hidden": [4]}
    if classes:
        generator = {
            "class": "genlab.networks.conditional.JoinedGenerator",
            "network": generator,
            "classes": classes,
            "embedding_size": 2,
        }
        critic = {"class": "genlab.networks.conditional.JoinedCritic", "network": critic | {"channels": 2}, "classes": classes, "planes": 1}
    momentum = {"class": "torch.optim.SGD", "partial": True, "lr": 0.1, "momentum": 0.5}
    model = {"class": "genlab.recipes.gan.GAN", "loss": {"class": f"genlab.losses.adversarial.{loss}"}}
    model |= {"generator": generator, "critic": critic, "generator_optimizer": momentum, "critic_optimizer": momentum}
    return {"family": "original", "images": "digits", "seed": 0, "budget": {"images": 2000, "batch_size": 100}, "model": model}


def history(won: bool) -> pd.DataFrame:
    """A history in which the critic wins from row 5 on, or never."""
    late = [won and row >= 5 for row in range(ROWS)]
    return pd.DataFrame(
        {
            "images": [100 * (row + 1) for row in range(ROWS)],
            "critic/adversarial": [0.001 if each else 1.2 for each in late],
            "critic/real": [0.999 if each else 0.6 for each in late],
            "critic/fake": [0.0005 if each else 0.4 for each in late],
            "generator/gradient_norm": [0.002 if each else 0.5 for each in late],
            "health/diversity": [0.1 if each else 0.8 for each in late],
        }
    )


def trained(folder, name: str, description: dict, won: bool) -> ScoredRun:
    """A scored recipe with a checkpoint of untrained networks."""
    models = folder / f"data/06_models/{name}"
    models.mkdir(parents=True)
    save_file(build(description["model"], "model").state_dict(), models / "checkpoint.safetensors")
    return ScoredRun(name, description, sampled(0.1), tuple(history(won).to_dict("records")))


def page(folder, *runs: ScoredRun) -> str:
    return "\n".join(critic_wins.chapter(Project(folder, {run.name: run.entry for run in runs}), runs, folder))


def test_the_chapter_tells_when_the_critic_wins_and_what_is_left_of_the_gradient(tmp_path):
    runs = trained(tmp_path, "minimax", entry("MINIMAX"), won=True), trained(tmp_path, "other", entry("NON_SATURATING"), won=False)
    text = page(tmp_path, *runs)
    row = "| `minimax` | from 600 images to the end | from 600 images to the end | 0.6 → 0.999 | 0.4 → 0.0005 | 0.5 → 0.002 | 0.8 → 0.1 |"
    assert row in text and "| `other` | never | never | 0.6 → 0.6 |" in text
    assert "At the end of the training the critic has won in `minimax`, and not in `other`." in text
    assert "- `minimax`: the critic wins from 600 images on." in text and "has shrunk to 0.0005: the generator has stopped learning" in text
    assert "From 600 images to the end the samples are alike: their diversity is 10% of" in text
    assert "- `other`: the critic never wins for long." in text and "their diversity is 80% of that of training images" in text
    assert "| `other`, untrained | 0.5 |" in text and (tmp_path / "curves_digits.webp").exists()


def test_a_non_saturating_generator_keeps_its_gradient_when_the_critic_wins(tmp_path):
    text = page(tmp_path, trained(tmp_path, "other", entry("NON_SATURATING"), won=True))
    assert "loss by a logit is still 1: the gradient does not vanish" in text and "stopped learning" not in text


def test_a_recipe_that_recovers_is_not_called_saturated():
    frame = history(won=True)
    frame.loc[ROWS - 4 :, "critic/adversarial"], frame.loc[ROWS - 4 :, "health/diversity"] = 1.2, 0.8
    rows = frame.to_dict("records")
    text = critic_wins.told(ScoredRun("mine", entry("MINIMAX"), sampled(0.1)), critic_wins.Findings(rows, critic_wins.course(rows), ()))
    assert "the critic wins from 600 to 1,600 images, and the generator recovers." in text
    assert "The samples are alike until 1,600 images" in text and "stopped" not in text
    assert text.endswith("They cover 25% of the held-out images (recall); training images cover 25%.")


@pytest.mark.parametrize("description", [entry("HINGE"), entry("MINIMAX", classes=10)])
def test_recipes_whose_critic_gives_no_probabilities_or_gets_labels_are_not_in_the_chapter(description, tmp_path):
    assert page(tmp_path, trained(tmp_path, "other", description, won=False)) == ""


def test_a_recipe_without_a_checkpoint_or_a_history_is_not_in_the_chapter(tmp_path):
    run = trained(tmp_path, "bare", entry("MINIMAX"), won=False)
    assert page(tmp_path, run._replace(history=())) == ""
    (tmp_path / "data/06_models/bare/checkpoint.safetensors").unlink()
    assert page(tmp_path, run) == ""

"""Tests of the page of the original GAN."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from safetensors.torch import save_file
from scores import scored

from genlab.build import build
from genlab.reports import original
from genlab.reports.artifacts import MissingResultsError, Project

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


@pytest.fixture
def project(tmp_path):
    (tmp_path / "docs/results").mkdir(parents=True)
    return tmp_path


def trained(project, name: str, description: dict, won: bool, kid: float = 0.1) -> None:
    reporting, models = project / f"data/08_reporting/{name}", project / f"data/06_models/{name}"
    reporting.mkdir(parents=True)
    models.mkdir(parents=True)
    (reporting / "metrics.json").write_text(json.dumps(scored(kid)))
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(reporting / "samples.png")
    history(won).to_csv(reporting / "history.csv", index=False)
    save_file(build(description["model"], "model").state_dict(), models / "checkpoint.safetensors")


def test_the_page_tells_when_the_critic_wins_and_what_is_left_of_the_gradient(project):
    entries = {"minimax": entry("MINIMAX"), "other": entry("NON_SATURATING")}
    trained(project, "minimax", entries["minimax"], won=True, kid=0.5)
    trained(project, "other", entries["other"], won=False)
    path, notes = original.write(Project(project, entries))
    page = path.read_text()
    assert [note.partition(" in ")[0] for note in notes] == ["no speed of minimax, other"]
    assert "| `minimax` | `digits` | minimax | SGD, lr 0.1, momentum 0.5 | SGD, lr 0.1, momentum 0.5 | 1 | 100 |" in page
    row = "| `minimax` | from 600 images to the end | from 600 images to the end | 0.6 → 0.999 | 0.4 → 0.0005 | 0.5 → 0.002 | 0.8 → 0.1 |"
    assert row in page and "| `other` | never | never | 0.6 → 0.6 |" in page
    assert "At the end of the training the critic has won in `minimax`, and not in `other`." in page
    assert "- `minimax`: the critic wins from 600 images on." in page and "has shrunk to 0.0005: the generator has stopped learning" in page
    assert "From 600 images to the end the samples are alike: their diversity is 10% of" in page
    assert "- `other`: the critic never wins for long." in page and "their diversity is 80% of that of training images" in page
    assert "| `other`, untrained | 0.5 |" in page and page.index("### other") < page.index("### minimax")  # the best recipe first
    assert {file.name for file in (project / "docs/results/original").iterdir()} == {"minimax.webp", "other.webp", "curves_digits.webp"}


def test_a_non_saturating_generator_keeps_its_gradient_when_the_critic_wins(project):
    entries = {"other": entry("NON_SATURATING")}
    trained(project, "other", entries["other"], won=True)
    page = original.write(Project(project, entries)).page.read_text()
    assert "loss by a logit is still 1: the gradient does not vanish" in page and "stopped learning" not in page


def test_a_recipe_that_recovers_is_not_called_saturated():
    frame = history(won=True)
    frame.loc[ROWS - 4 :, "critic/adversarial"], frame.loc[ROWS - 4 :, "health/diversity"] = 1.2, 0.8
    rows = frame.to_dict("records")
    text = original.told("mine", "MINIMAX", original.Findings(rows, original.course(rows), ()), scored(0.1))
    assert "the critic wins from 600 to 1,600 images, and the generator recovers." in text
    assert "The samples are alike until 1,600 images" in text and "stopped" not in text
    assert text.endswith("They cover 25% of the held-out images (recall); training images cover 25%.")


def test_recipes_that_the_page_cannot_show_are_left_out_with_the_reason(project):
    entries = {"hinge": entry("HINGE"), "labels": entry("MINIMAX", classes=10), "bare": entry("MINIMAX")}
    for name, each in entries.items():
        trained(project, name, each, won=False)
    (project / "data/08_reporting/bare/history.csv").unlink()
    with pytest.raises(MissingResultsError) as caught:
        original.write(Project(project, entries))
    message = str(caught.value)
    assert "bare is left out: data/08_reporting/bare/history.csv is not there. Make it: `kedro run --pipeline=bare`." in message
    for name in ("hinge", "labels"):
        assert f"{name} is left out: the page shows unconditional GANs with the minimax or the non-saturating loss only" in message

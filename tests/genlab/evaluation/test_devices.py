"""Evaluation on several devices: processes with one CPU thread each, and gloo."""

import os
import subprocess
import sys

import psutil
import pytest
import torch
from conftest import ROOT
from rank_recipes import COMPUTE, CYCLES, GAN, PAIRS, RECIPES, Failing, evaluated, images_for
from stand_ins import Means
from torch import distributed as dist
from torch import multiprocessing

from genlab.build import build
from genlab.engine import ranks
from genlab.engine.json_text import json_text
from genlab.errors import InputError
from genlab.evaluation.devices import Devices, EvaluationJob, is_channels_last, warn_of_threads
from genlab.evaluation.evaluate import evaluate
from genlab.evaluation.samples import sample_scores
from genlab.evaluation.translating import Translating
from genlab.extractors.pixels import Pixels
from genlab.training.group import RankError, join


class Activating(Pixels):
    """Pixels, with activations."""

    layers = "the pixels"

    def stages(self, images):
        return [images.transpose(0, 3, 1, 2).astype("float32")]


def text_of(result):
    """Scores, and the bytes of all pictures."""
    pictures = {name: picture.tobytes() for name, picture in {"sheet": result.samples, **result.pictures}.items()}
    return json_text(result.scores.to_json()), pictures


def rank(number, count, folder):
    """Evaluate recipes as one of several ranks; rank 0 saves the results."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    join(dist.FileStore(str(folder / "store"), count), number, count, "cpu")
    for name in RECIPES:
        if number:
            ranks.from_first(None).follow()
        else:
            torch.save(text_of(evaluated(name, folder, Activating(folder), count)), folder / f"{name}.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_scores_and_pictures_are_those_of_one_process_bit_for_bit(tmp_path):
    """Of samples, with classes, truncation and path lengths; of translations, with dropout that stays on; with a likelihood."""
    alone, divided = tmp_path / "alone", tmp_path / "divided"
    divided.mkdir()
    multiprocessing.start_processes(rank, (2, divided), 2, start_method="fork")
    groups = set()
    for name in RECIPES:
        scores, pictures = text_of(evaluated(name, alone, Activating(alone)))
        found, found_pictures = torch.load(divided / f"{name}.pt")
        assert found == scores, name
        assert found_pictures == pictures, name
        groups |= {group for group in ("classes", "truncation", "path_length", "a_to_b", "b_to_a") if f'"{group}":' in scores}
    assert len(groups) == 5
    files = sorted((alone / "features").iterdir())
    assert files and all(each.read_bytes() == (divided / "features" / each.name).read_bytes() for each in files)


def children():
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize(
    ("how", "message"),
    [("killed", r"rank 1 of 2 \(process \d+\) was killed"), ("failed", "rank 1 of 2 failed: ValueError: no such layer\n(.|\n)*in follow")],
)
def test_a_rank_that_ends_ends_the_evaluation_with_its_error(how, message, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    with pytest.raises(RankError, match=message):
        evaluated("gan", tmp_path, Failing(how), devices=2)
    assert not children()


def test_followers_have_ended_when_scores_are_computed(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    left = []

    def scores(*arguments):
        left.append(children())
        return sample_scores(*arguments)

    monkeypatch.setattr("genlab.evaluation.evaluate.sample_scores", scores)
    evaluated("gan", tmp_path, Means(), devices=2)
    assert left == [[]]


def test_what_other_processes_cannot_have_is_named():
    class Local(Means):
        pass

    compute = build(COMPUTE | {"devices": 2})
    for model in (GAN, PAIRS):
        recipe, images = build(model), images_for(model)
        with pytest.raises(InputError, match=r"extractor: it cannot be sent to the processes of compute.devices: 2 \(.*Local.*__reduce__"):
            evaluate(recipe, recipe, images, Local(), devices=Devices(compute, model))
        with pytest.raises(InputError, match=r"model: got a .* with compute.devices: 2, expected its description"):
            evaluate(recipe, recipe, images, Means(), devices=Devices(compute, recipe))


def test_followers_use_the_memory_format_of_each_recipe():
    trained, untrained = build(CYCLES).to(memory_format=torch.channels_last), build(CYCLES)
    compute = build(COMPUTE | {"devices": 2})
    job = EvaluationJob.of(Devices(compute, CYCLES), [trained, untrained], images_for(CYCLES), Translating)
    assert job.formats == [True, False]
    assert [is_channels_last(compute.with_format(each).prepare(build(CYCLES))) for each in job.formats] == [True, False]


@pytest.mark.parametrize(("threads", "warned"), [(1, False), (3, False), (4, True)])
def test_more_threads_than_cores_are_a_warning(threads, warned, monkeypatch, caplog):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    warn_of_threads(2)
    assert ("2 processes with 4 threads each share 6 cores. Set OMP_NUM_THREADS=3" in caplog.text) is warned


PROGRAM = """
import sys
from pathlib import Path
import torch
from rank_recipes import BATCH, COMPUTE, GAN, evaluated
from stand_ins import Means, image_set
from genlab.engine.json_text import json_text
from genlab.training.fit import fit
from genlab.training.settings import Budget

torch.set_num_threads(1)
fit(GAN, image_set(), Budget(BATCH, BATCH), 3, None, COMPUTE | {"devices": 2})
folder = Path(sys.argv[1])
for name in ("gan", "cyclegan"):
    (folder / name).write_text(json_text(evaluated(name, folder, Means(), 2).scores.to_json()))
"""


def test_ranks_of_torchrun_train_and_then_evaluate(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    path = os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "genlab.training.follower", "-m", "program", str(tmp_path)]
    process = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=120)
    assert process.returncode == 0, process.stderr
    for name in ("gan", "cyclegan"):
        assert (tmp_path / name).read_text() == json_text(evaluated(name, tmp_path, Means()).scores.to_json())

"""Checks of the entry `evaluation`."""

import pytest
from conftest import parameters

from genlab.errors import InputError
from pipelines.evaluation.parameters import check_evaluation, check_extractor
from pipelines.loader import WrongEntry

EFFICIENTNET = "genlab.extractors.efficientnet.EfficientNetLite0"


@pytest.mark.parametrize("environment", ["base", "test"])
def test_the_projects_settings_are_valid(environment):
    check_evaluation(parameters(environment)["evaluation"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sampels": 3}, "evaluation.sampels: .* no argument 'sampels'. Did you mean 'samples'?"),
        ({"samples": "many"}, "evaluation.samples: got 'many', expected int"),
        ({"samples": 1}, "evaluation.samples: got 1, expected a whole number from 2 on"),
        ({"extractor": "inception"}, "evaluation.extractor: got 'inception', expected {class: genlab.extractors"),
        (
            {"extractor": {"class": "genlab.extractors.efficientnet.EfficientNetLite0", "batch": 3}},
            "evaluation.extractor.batch: .* no argument",
        ),
        ({"class": "genlab.engine.compute.Compute"}, "evaluation: got .* expected {class: genlab.evaluation.settings.Settings"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(change, message):
    with pytest.raises(InputError, match=message):
        check_evaluation({**parameters("base")["evaluation"], **change})


@pytest.mark.parametrize("entry", [None, WrongEntry(3)])
def test_a_missing_or_replaced_entry_is_one_clear_error(entry):
    with pytest.raises(InputError, match=r"evaluation: got (None|3), expected {class: genlab.evaluation.settings.Settings"):
        check_evaluation(entry)


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        ({"class": "genlab.extractors.inception.Inception", "weights": "none.pth"}, "Inception weights: there is no file .*none.pth"),
        (
            {"class": "genlab.extractors.onnx.Onnx", "file": "none.onnx", "side": 8, "mean": [0, 0, 0], "std": [1, 1, 1]},
            "onnx: there is no file",
        ),
        ({"class": "genlab.extractors.pixels.Pixels", "side": 0}, "pixels: got side 0"),
    ],
)
def test_an_extractor_that_cannot_be_created_is_one_clear_error(extractor, message, tmp_path):
    entry = {**parameters("base")["evaluation"], "extractor": extractor}
    check_evaluation(entry)  # its words are right
    with pytest.raises(InputError, match=message):
        check_extractor(entry, tmp_path)

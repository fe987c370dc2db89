"""Settings of an evaluation."""

import pytest

from genlab.errors import InputError
from genlab.evaluation.settings import Settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 1}, "evaluation.samples: got 1, expected a whole number from 2 on, or null"),
        ({"subset": 1}, "evaluation.subset: got 1, expected a whole number from 2 on[.]"),
        ({"classifier": -1}, "evaluation.classifier: got -1, expected a whole number from 0 on"),
    ],
)
def test_numbers_that_no_score_can_use_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        Settings(**given)


def test_all_images_or_no_classifier_can_be_chosen():
    assert Settings(held_out=None, classifier=0, bins=1).classifier == 0

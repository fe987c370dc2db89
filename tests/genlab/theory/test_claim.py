"""Claims: verdicts, and what is stored of them."""

import json
import math

import pytest
from PIL import Image

from genlab.engine.json_text import json_text
from genlab.theory.claim import Claim, Measurement, Picture, Recorded, Table

NAN, INFINITE = math.nan, math.inf


@pytest.mark.parametrize(
    ("measurement", "holds"),
    [
        (Measurement("equal", 1.0, 1.0), True),
        (Measurement("equal", 1.0, 1.1, 0.2), True),
        (Measurement("equal", 1.0, 1.3, 0.2), False),
        (Measurement("at most", 1.0, 0.1, 0.0, "<="), True),
        (Measurement("at most", 1.0, 1.1, 0.05, "<="), False),
        (Measurement("at least", 1.0, 5.0, 0.0, ">="), True),
        (Measurement("at least", 1.0, 0.9, 0.2, ">="), True),
        (Measurement("at least", 1.0, 0.7, 0.2, ">="), False),
        (Measurement("infinite", INFINITE, INFINITE), True),
        (Measurement("infinite", INFINITE, 1e9, 1.0), False),
        (Measurement("not a number", 1.0, NAN, 10.0, "<="), False),
        (Measurement("at least", 1.0, INFINITE, 0.0, ">="), True),
        (Measurement("at most", 1.0, INFINITE, 0.0, "<="), False),
    ],
)
def test_verdicts(measurement, holds):
    assert measurement.holds is holds


def test_a_recorded_claim_is_read_back_from_json():
    measurements = (Measurement("a", INFINITE, 2.0, 0.1, ">=", "few samples"), Measurement("b", 1.0, NAN))
    table = Table("of values", ("x", "y"), (("1", "2"), ("3", "4")), "a note")
    pictures = {"plot": Picture("a plot", (Image.new("RGB", (2, 2)),))}
    claim = Claim("title", "statement", "x = y", "source", measurements, ("finding",), (table,), pictures)
    recorded = Recorded.of(claim)
    again = Recorded.from_json(json.loads(json_text(recorded.to_json())))
    assert again.captions == {"plot.webp": "a plot"} and again.tables == (table,) and again.findings == ("finding",)
    assert again.measurements[0] == measurements[0]
    assert math.isnan(again.measurements[1].measured) and not again.holds

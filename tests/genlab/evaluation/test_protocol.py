"""Protocols as types and as JSON."""

import json

import pytest
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.errors import InputError
from genlab.evaluation.protocol import Protocol


@pytest.mark.parametrize("values", [SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL])
def test_json_keeps_order_and_types_and_omits_absent_fields(values):
    protocol = Protocol.from_json(values)
    assert json.dumps(protocol.to_json()) == json.dumps(values)
    assert protocol.size == (32, 32) and Protocol.from_json(protocol.to_json()) == protocol
    assert (protocol.cas is None) == ("cas" not in values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (SAMPLE_PROTOCOL | {"rule": "x", "law": "y"}, r"\(unknown: rule, law\)"),
        ({name: value for name, value in SAMPLE_PROTOCOL.items() if name not in ("seed", "cas")}, r"\(missing: seed\)"),
        ({name: value for name, value in SAMPLE_PROTOCOL.items() if name != "kid"} | {"kit": "x"}, r"\(unknown: kit; missing: kid\)"),
    ],
)
def test_unknown_and_missing_fields_are_named(values, message):
    with pytest.raises(InputError, match=rf"{message}. Evaluate the recipe again"):
        Protocol.from_json(values)

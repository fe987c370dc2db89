"""Names of domains that requests may use instead of the letters."""

import numpy as np
import pandas as pd
import pytest

from genlab.images.domain_names import domain_names
from genlab.images.prepared_set import PreparedSet


@pytest.mark.parametrize(
    ("a", "b", "names"),
    [
        ("emoji/high_contrast/1.png", "emoji/3d/1.png", {"a": "high_contrast", "b": "3d"}),
        ("1.png#edges", "1.png#photo", {"a": "edges", "b": "photo"}),
        ("1.png", "2.png", {"a": "a", "b": "b"}),  # no folder
        ("a/1.png", "photos/1.png", {"a": "a", "b": "photos"}),
        ("b/1.png", "a/1.png", {"a": "a", "b": "b"}),  # the folder b holds domain a: letters only
        ("one/same/1.png", "two/same/1.png", {"a": "a", "b": "b"}),  # both have one name
    ],
)
def test_names_come_from_folders_or_parts_unless_they_could_be_mistaken(a, b, names):
    manifest = pd.DataFrame({"path": [a, b], "domain": ["a", "b"]})
    assert domain_names(PreparedSet("x", "paired", np.zeros((2, 1, 1, 3), np.uint8), manifest, (), "", (0, 0, 0))) == names

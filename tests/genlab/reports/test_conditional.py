"""Test of the page that compares class-conditional recipes."""

from scores import scored_conditional

from genlab.reports import conditional

FAMILY = {name: {"images": "fashion", "budget": {"images": 48000}} for name in ("gan", "wgan")}


SPEEDS = {name: {"images_per_second": 200.4, "ratio": 1.25} for name in FAMILY}


def test_conditional_recipes_are_also_compared_by_class():
    metrics = {"gan": scored_conditional(0.12), "wgan": scored_conditional(0.06)}
    whole = {"gan": scored_conditional(0.05) | {"images": {"training": 60000, "held_out": 10000, "seen": 64000}}}
    lines = conditional.describe(FAMILY, metrics, SPEEDS, whole, "conditional")
    assert lines[0] == "# Class-conditional GANs, side by side"
    for expected in (
        "| `wgan` | 0.840 | 0.800 | 120 | 3.142 | 0.70 | 0.60 |",
        "| real images | 0.890 | 0.890 |  | 3.142 | 0.70 | 0.60 |",
        "| KID x 1000 within | `wgan` | `gan` | training images |",
        "| Bag | 60 | 120 | 4 |",
        "| Coat | 200 | 200 |  |",
        "| none | 100, 0.70, 0.40 | 100, 0.70, 0.40 |",
        "| `gan` | 64,000 | 25 ± 2 | 3.142 | 0.70 | 0.60 | 0.850 | 0.800 |",
        "![samples of gan, one row per class](conditional/whole/gan.webp)",
    ):
        assert expected in lines

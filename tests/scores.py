"""Example scores in the form that evaluation saves, for tests of the result pages."""

PROTOCOL = {
    "extractor": "efflite0",
    "images": {"held_out": 1000, "generated": 1000},
    "training_images": 4000,
    "size": [32, 32],
    "kid_spread": "over subsets",
    "precision_recall": "k = 3",
    "nearest_training": "median",
    "classifier": "a small network",
}


def scored(kid: float) -> dict:
    """Scores of a sampling recipe."""
    own = {"kid_efflite0": kid, "kid_efflite0_spread": 0.004, "fid_efflite0": 90.4, "precision": 0.5, "recall": 0.25, "nearest_training": 8}
    rows = {"generated": own, "untrained": own | {"kid_efflite0": 0.6}, "training images": own | {"kid_efflite0": 0.0}}
    domain = {"kid_in_domain": kid / 2, "kid_in_domain_spread": 0.002, "fid_in_domain": 3.14159, "precision": 0.7, "recall": 0.6}
    return {
        "protocol": PROTOCOL,
        "headline": {"value": kid},
        "samples": rows | {"held-out images": {"nearest_training": 7.9}},
        "in_domain": {"generated": domain, "training images": domain | {"kid_in_domain": 0.001}},
    }


def scored_by_class(kid: float) -> dict:
    """Scores of a class-conditional recipe."""
    bounds = {"none": 0.1, "1": 0.2}
    return scored(kid) | {
        "classes": {
            "generated": {"recognised": 0.9 - kid, "cas": 0.8, "kid_efflite0_within": 2 * kid},
            "held-out images": {"recognised": 0.89, "cas": 0.89},
        },
        "kid_within_classes": {"generated": {"Bag": kid, "Coat": 0.2}, "training images": {"Bag": 0.004}},
        "truncation": {name: {"kid_in_domain": value, "precision": 0.7, "recall": 0.4} for name, value in bounds.items()},
    }

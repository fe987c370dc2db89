"""Tests of the curves that show a critic winning."""

from genlab.pictures.saturation import points, saturation


def rows(*fakes):
    return [
        {"images": 1000 * number, "critic/real": 1 - fake, "critic/fake": fake, "generator/gradient_norm": fake, "health/diversity": 0.5}
        for number, fake in enumerate(fakes)
    ]


def test_values_that_a_scale_cannot_show_are_left_out():
    history = [*rows(0.0, 0.5, 1.0), {"images": 3000}]
    assert points(history, "images", "critic/fake", "linear") == ([0, 1000, 2000], [0.0, 0.5, 1.0])
    assert points(history, "images", "critic/fake", "log") == ([1000, 2000], [0.5, 1.0])
    assert points(history, "images", "critic/fake", "logit") == ([1000], [0.5])


def test_curves_of_a_critic_that_is_certain_are_drawn():
    """Estimates of exactly 0 and 1 are no error, and the curves differ from those of another history."""
    certain, undecided = rows(0.5, 1e-9, 0.0), rows(0.5, 0.4, 0.5)
    picture, other = saturation({"a": certain, "b": undecided}), saturation({"a": undecided, "b": undecided})
    assert picture.size == (1400, 750) and picture.tobytes() != other.tobytes()

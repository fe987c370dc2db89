"""Distributions that are known in closed form, used like image sets: what a model has learned can be compared with the truth."""

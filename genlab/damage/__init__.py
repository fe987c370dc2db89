"""Damage of known strength to sets of real images, for trying metrics."""

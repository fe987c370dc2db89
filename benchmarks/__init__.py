"""Measurements of speed, run from a clone: `python benchmarks/<name>.py`, or `python -m benchmarks.device`."""

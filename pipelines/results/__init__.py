"""Pages that put the results of several recipes side by side: `python -m pipelines.results`, or `make results`."""

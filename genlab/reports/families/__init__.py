"""The pages in docs/results, one per family of recipes: the tables of a comparison, and chapters on what the scores are about."""

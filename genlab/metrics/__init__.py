"""Scores of generated images: pure functions, and the extractor whose features they compare."""

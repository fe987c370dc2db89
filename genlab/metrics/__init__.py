"""Scores of generated images, as pure functions of images or features."""

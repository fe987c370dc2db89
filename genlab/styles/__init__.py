"""Styles of style-based generators: projection of images to styles, and a command line for released models."""

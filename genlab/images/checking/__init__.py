"""Manifests of image sets: metadata, splits, duplicates, pairs."""

"""Recipes, i.e. trainable models with their objectives, one file each."""

"""Sizes and seeds that several scores share. They are the same for every recipe: scores of different recipes must compare."""

BATCH_SIZE = 32  # images that a recipe makes at once
SUBSET_SEED = 0  # of subsets, bins and clusters; not the training's seed
SAMPLING_SEED = 0  # of the latents; not the training's seed: all models sample the same latents
BINS = 100  # of pixel space
LARGEST_SUBSET = 1000  # images, arXiv:1801.01401
VIEWED = 1000  # held-out images that a recipe's own measures and views are made of, at most

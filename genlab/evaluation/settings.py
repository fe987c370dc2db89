"""Sizes and seeds that several scores share. They are the same for every recipe, so that the scores of recipes are comparable."""

BATCH_SIZE = 32  # images per call of a recipe
SUBSET_SEED = 0  # of subsets, bins and clusters; independent of the seed of the training
SAMPLING_SEED = 0  # of the latents; independent of the seed of the training, so that all models sample the same latents
BINS = 100  # maximum number of bins of pixel space
LARGEST_SUBSET = 1000  # maximum number of images in a subset for the spread of KID, arXiv:1801.01401
VIEWED = 1000  # maximum number of held-out images for a recipe's own measures and views

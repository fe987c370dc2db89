"""Batches of prepared sets: order, augmentation, held-out images."""

"""From a prepared set to batches: order, augmentation, held-out images."""

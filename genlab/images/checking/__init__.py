"""From raw images to a manifest, and what can be wrong with it: duplicates, incomplete pairs, splits."""

"""The ladder of damage: which metric sees which damage to real images."""

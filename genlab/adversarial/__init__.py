"""What recipes with a generator and a critic have in common."""

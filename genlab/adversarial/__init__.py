"""Components shared by recipes with a generator and a critic."""

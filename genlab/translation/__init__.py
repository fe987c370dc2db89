"""Translation of images of any size by padding and tiling."""

"""Translation of images of any size: padding to the stride, and tiling."""

"""Protocols as in a metrics.json, for tests of code that reads it."""

COMMON = {"extractor": "efflite0", "extractor_sha256": "e" * 64, "resize": "bilinear, antialiased, 224 px", "split": "held-out images"}
KID = {"kid": "unbiased, cubic kernel, the whole sets", "kid_spread": "standard deviation over 100 subsets"}
TRANSLATION_PROTOCOL = {
    **COMMON,
    "images": {"a": 120, "b": 120},
    "reference_sha256": {"a": "1" * 64, "b": "2" * 64},
    "size": [32, 32],
    "held_out_are_pairs": True,
    "directions": ["a_to_b", "b_to_a"],
    "ssim": "of intensities from 0 on, Gaussian window of 11 px",
    "ms_ssim": "the same, 2 scales of the usual 5, weights renormalised",
    "perceptual": "arXiv:1801.03924, equation 1",
    **KID,
    "seed": 0,
}
SAMPLE_PROTOCOL = {
    **COMMON,
    "images": {"held_out": 1000, "generated": 1000},
    "training_images": 4000,
    "reference_sha256": "1" * 64,
    "size": [32, 32],
    "samples": "as many as held-out images, latents from N(0, 1), not truncated",
    "sampling_seed": 0,
    **KID,
    "precision_recall": "k = 3 nearest neighbours, Euclidean",
    "density_coverage": "k = 5 nearest neighbours, Euclidean",
    "nearest_training": "median distance to the nearest of all training images, Euclidean",
    "ndb": "bins of k-means on training pixels, at most 100; two proportions differ at 5 %",
    "further": "mmd: unbiased; vendi: cosine kernel",
    "seed": 0,
    "classifier": "a classifier of two convolutions (32 and 64 filters) and a hidden layer of 128 units",
    "labels": "those of the held-out images",
    "training_sampling": "natural",
    "cas": "4,000 generated images, with the labels of as many training images",
    "path_length": "500 pairs a space, t ~ U(0, 1), step 0.0001, the same noise at both ends; mean ± its standard error",
    "likelihood": "nats, means over images, of images in 256 levels; baselines on 100 of them",
}

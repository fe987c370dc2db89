"""Names of scores in the features of an extractor."""

CANONICAL = "inception"  # the network of published FID, KID and Inception Score, see genlab.extractors.inception


def in_features_of(extractor: str, score: str) -> str:
    """Name of a score in the features of an extractor: `kid_efflite0`. Only in those of the FID Inception network it is `kid`."""
    return score if extractor == CANONICAL else f"{score}_{extractor}"

"""What was converted when the images of a set were read."""

import pandas as pd

from genlab.serving.depth import BYTE_WHITE


def conversions(
    manifest: pd.DataFrame,  # with profile and white
) -> dict[str, int]:
    """Description -> number of images, of conversions of colour profiles to sRGB and of more than 8 bits to 8; the most frequent first."""
    profiles = manifest.loc[manifest["profile"] != "", "profile"].value_counts()
    whites = manifest.loc[(manifest["white"] != BYTE_WHITE).fillna(False), "white"].value_counts()
    found = {f"colour profile '{name}' to sRGB": int(count) for name, count in profiles.items()}
    return found | {f"0 to {int(str(white)):,} to 8 bits": int(count) for white, count in whites.items()}

"""`python -m pipelines.results`: write every page."""

import sys

from genlab.errors import InputError
from pipelines.results import adversarial, conditional, latent_variables, style, translation

if __name__ == "__main__":
    try:
        for page in (adversarial, conditional, style, translation, latent_variables):
            print(page.write())
    except InputError as error:
        sys.exit(f"error: {error}")

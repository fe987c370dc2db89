"""Layouts of image sets. The constructor arguments of a layout are the keys of `source` in images.yml."""

from genlab.images.sources.domains import SideBySide, TrainTestDomains, TwoFolders
from genlab.images.sources.files import Item, Layout, Survey, Surveys
from genlab.images.sources.folders import Folder, FolderPerClass, LabelsFile
from genlab.images.sources.idx import Idx
from genlab.images.sources.tiles import Tiles

__all__ = [
    "Folder",
    "FolderPerClass",
    "Idx",
    "Item",
    "LabelsFile",
    "Layout",
    "SideBySide",
    "Survey",
    "Surveys",
    "Tiles",
    "TrainTestDomains",
    "TwoFolders",
]

"""Where the images of a set are. Each layout's constructor arguments are the keys of a set's `source` in images.yml."""

from genlab.images.layouts.domains import SideBySide, TrainTestDomains, TwoFolders
from genlab.images.layouts.files import Item, Layout
from genlab.images.layouts.folders import Folder, FolderPerClass, LabelsFile
from genlab.images.layouts.idx import Idx
from genlab.images.layouts.tiles import Tiles

__all__ = ["Folder", "FolderPerClass", "Idx", "Item", "LabelsFile", "Layout", "SideBySide", "Tiles", "TrainTestDomains", "TwoFolders"]

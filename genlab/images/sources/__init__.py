"""Layouts of image sets. The constructor arguments of a layout are the keys of `source` in images.yml."""

from genlab.images.sources.celeba import CelebA
from genlab.images.sources.cifar import Cifar
from genlab.images.sources.dataset_json import DatasetJson
from genlab.images.sources.domains import SideBySide, TrainTestDomains, TwoFolders
from genlab.images.sources.files import Item, Layout, Survey, Surveys
from genlab.images.sources.folders import Folder, FolderPerClass, LabelsFile
from genlab.images.sources.hugging_face import HuggingFace
from genlab.images.sources.idx import Idx
from genlab.images.sources.lsun import Lsun
from genlab.images.sources.mnist import Mnist
from genlab.images.sources.tiles import Tiles
from genlab.images.sources.web_dataset import WebDataset

__all__ = [
    "CelebA",
    "Cifar",
    "DatasetJson",
    "Folder",
    "FolderPerClass",
    "HuggingFace",
    "Idx",
    "Item",
    "LabelsFile",
    "Layout",
    "Lsun",
    "Mnist",
    "SideBySide",
    "Survey",
    "Surveys",
    "Tiles",
    "TrainTestDomains",
    "TwoFolders",
    "WebDataset",
]

"""Schema of an image set's entry in conf/base/parameters/images.yml."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipelines.parameters import Parameters

Byte = Annotated[int, Field(ge=0, le=255)]
Side = Annotated[int, Field(gt=0, le=8192)]


class ImageSet(Parameters):
    """Declaration of one image set: the source and kind of its images, and how to prepare them."""

    name: str = ""  # the entry's key, added by pipelines.session.named
    kind: Literal["unlabelled", "labelled", "paired", "unpaired"]
    source: dict[str, Any]  # {class: genlab.images.sources.<layout>, <arguments>}; without a class, it is recognised by the files
    size: Side | tuple[Side, Side]  # of the prepared images, in pixels: one side, or [height, width]
    channels: Literal[1, 3] = 3  # 1 grey, 3 RGB
    background: tuple[Byte, Byte, Byte] = (255, 255, 255)  # RGB colour behind transparent pixels
    bits: Annotated[int, Field(ge=8, le=32)] = 16  # depth of the values in files of more than 8 bits: 2^bits - 1 is white
    fit: Literal["crop", "pad", "stretch"] = "crop"  # how to fit another aspect ratio to `size`
    classes: tuple[str, ...] | None = None  # labelled only: the allowed labels; None for all labels found
    test: float = Field(default=0.2, gt=0, lt=1)  # fraction to hold out if the layout has no split of its own
    truth: Literal["stem"] | None = None  # unpaired only: images in a and b with equal stems show the same object
    seed: int = 0  # seed of the split
    max_pixels: Annotated[int, Field(gt=0)] | None = None  # largest width x height of a file; None for the default of the source
    on_failure: Literal["stop", "quarantine"] = "stop"  # if an expectation fails: stop the run, or set failing rows aside
    licence: str = "not stated"  # of the images, for the card of a model
    limits: tuple[str, ...] = ()  # what the images do not cover, one sentence each, for the card
    workers: int = Field(default=0, ge=0)  # threads; 0 for one per core
    verify: bool = False  # hash all files again, also those whose size and times have not changed since they were read

    @model_validator(mode="after")
    def check_kind(self) -> "ImageSet":
        """Reject keys that the set's kind does not have, and a source without a class and a root."""
        if self.truth and self.kind != "unpaired":
            raise ValueError(f"`truth` is for sets of the kind unpaired; this one is {self.kind}. Remove it.")
        if self.classes is not None and self.kind != "labelled":
            raise ValueError(f"`classes` is for sets of the kind labelled; this one is {self.kind}. Remove it.")
        if "class" not in self.source and "root" not in self.source:
            raise ValueError("`source` needs a class, e.g. {class: genlab.images.sources.Folder, root: data/01_raw/mine}.")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the prepared images, in pixels."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

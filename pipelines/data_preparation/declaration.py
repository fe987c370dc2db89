"""What an image set's entry in conf/base/parameters/images.yml may say."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipelines.parameters import Parameters

Byte = Annotated[int, Field(ge=0, le=255)]
Side = Annotated[int, Field(gt=0, le=8192)]


class ImageSet(Parameters):
    """One image set: where it is, what it is, and what is made of it."""

    name: str = ""  # the entry's own key, filled in where pipelines are registered
    kind: Literal["unlabelled", "labelled", "paired", "unpaired"]
    source: dict[str, Any]  # {class: genlab.images.sources.<layout>, ...its arguments}
    size: Side | tuple[Side, Side]  # of the prepared images, in pixels: a side, or [height, width]
    channels: Literal[1, 3] = 3  # 1 grey, 3 RGB
    background: tuple[Byte, Byte, Byte] = (255, 255, 255)  # RGB, laid under transparent pixels
    fit: Literal["crop", "pad", "stretch"] = "crop"  # how another aspect ratio becomes `size`
    classes: tuple[str, ...] | None = None  # labelled only: the labels there may be; None for those found
    test: float = Field(default=0.2, gt=0, lt=1)  # fraction to hold out, where the layout doesn't say
    truth: Literal["stem"] | None = None  # unpaired only: equal stems in a and b show the same thing
    seed: int = 0  # of the split
    on_failure: Literal["stop", "quarantine"] = "stop"
    workers: int = Field(default=0, ge=0)  # threads; 0 for one a core

    @model_validator(mode="after")
    def check_kind(self) -> "ImageSet":
        if self.truth and self.kind != "unpaired":
            raise ValueError(f"`truth` is for sets of the kind unpaired; this one is {self.kind}. Remove it.")
        if self.classes is not None and self.kind != "labelled":
            raise ValueError(f"`classes` is for sets of the kind labelled; this one is {self.kind}. Remove it.")
        if "class" not in self.source:
            raise ValueError("`source` needs a class, e.g. {class: genlab.images.sources.Folder, root: data/01_raw/mine}.")
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """Height, width."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

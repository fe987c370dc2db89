"""Nodes of the release: a trained recipe to files, and all that the registry needs to one object."""

import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.release.parameters import Release
from pipelines.release.promotion import Headline
from pipelines.release.registry import Registration

PARITY_IMAGES = 3


def export(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict()
    model: Mapping[str, Any],  # the recipe's description in YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    release: Release,
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """-> the artefacts, file name: content, and how far ONNX is from torch.

    A safetensors and an ONNX file for each network that samples, and release.json, which says what they are. All are functions
    of the arguments: equal twice, in any folder.

    Raises:
        InputError: the checkpoint is not this model's.
        ParityError: an ONNX file says something else than its network.
    """
    from genlab.build import build
    from genlab.errors import InputError
    from genlab.export import export as export_networks
    from genlab.images.stream import to_channels_first, to_unit
    from genlab.padding import smallest_side

    recipe = build(model, "model")
    try:
        recipe.load_state_dict(checkpoint)
    except RuntimeError as error:  # torch's list of missing, unexpected and misshapen tensors, a line each
        differences = " ".join(str(error).split("\n\t")[1:4])
        raise InputError(f"The checkpoint was trained with another model than the one described: {differences} Train again.") from None
    networks = {name: network.cpu().eval() for name, network in recipe.generators().items()}
    height, width, channels = images.images.shape[1:]
    stride = max(network.stride for network in networks.values())
    facts = {
        "directions": list(networks),
        "channels": channels,
        "training_size": [height, width],
        "stride": stride,
        "smallest_side": max(smallest_side(network, channels, stride) for network in networks.values()),
        "background": list(images.background),
        "image_set": images.name,
        "data_hash": images.content_hash,
        "model": model,
    }
    example = to_unit(to_channels_first(images.images[:PARITY_IMAGES].copy()))
    with tempfile.TemporaryDirectory() as folder:
        differences = export_networks(
            networks, example, folder, stride, release.tolerance, {"model": model, "data_hash": images.content_hash}
        )
        artefacts = {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}
    facts["sha256"] = {name: hashlib.sha256(content).hexdigest() for name, content in artefacts.items()}
    artefacts["release.json"] = (json.dumps(facts, indent=2) + "\n").encode()
    return artefacts, {"onnx_difference": differences, "onnx_tolerance": release.tolerance}


def register(
    artefacts: dict[str, bytes],
    card: str,
    metrics: Mapping[str, Any],
    images: Any,  # a genlab.images.prepared_set.PreparedSet
) -> Registration:
    """All that makes a model version -> one object, for the registry to save."""
    scores = {
        f"{direction}.translated.{score}": value  # as the tracking hook names it
        for direction, rows in metrics.items()
        if direction not in ("headline", "protocol")
        for score, value in rows["translated"].items()
    }
    return Registration(
        image_set=images.name,
        artefacts=artefacts,
        card=card,
        headline=Headline(**metrics["headline"]),
        protocol=dict(metrics["protocol"]),
        data_hash=images.content_hash,
        scores=scores,
        example=png(images.images[0]),
    )


def png(pixels) -> bytes:
    """uint8 (H, W, C) -> a PNG file."""
    import numpy as np
    from PIL import Image

    pixels, file = np.asarray(pixels), io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()

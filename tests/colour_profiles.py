"""Small ICC profiles (ICC.1:2010), written from their definition, and the closed forms of the colours that they define."""

import struct

import numpy as np

P3_TO_PCS = [(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)]  # XYZ of red, green, blue, D50
SRGB_TO_PCS = [(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)]
P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])  # linear light
D50 = (0.9642, 1.0, 0.8249)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of a parametric curve of type 3


def fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*values)


def curve(*parameters: float) -> bytes:
    """A parametric curve: of type 0, a gamma, or of type 3, as of sRGB."""
    return b"para\0\0\0\0" + struct.pack(">HH", 0 if len(parameters) == 1 else 3, 0) + fixed(*parameters)


def text(words: str) -> bytes:
    data = words.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data


def profile(name: str, space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    """A profile of version 4.3 with these tags, a name and the white of D50."""
    tags = {b"desc": text(name), b"cprt": text("none"), b"wtpt": xyz(D50)} | tags
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, start + len(data), len(content))
        data += content + b"\0" * (-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"\0\0\0\0", 0x04300000, kind, space, connection) + b"\0" * 12 + b"acsp"
    head += b"\0" * (68 - len(head)) + fixed(*D50)
    return head.ljust(128, b"\0") + table + data


def rgb_profile(name: str, primaries: list[tuple[float, float, float]], *parameters: float) -> bytes:
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
    return profile(name, b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(*parameters)))


def display_p3() -> bytes:
    return rgb_profile("Display P3", P3_TO_PCS, *SRGB_CURVE)


def srgb() -> bytes:
    return rgb_profile("my sRGB", SRGB_TO_PCS, *SRGB_CURVE)


def linear_grey() -> bytes:
    return profile("linear grey", b"GRAY", {b"kTRC": curve(1.0)})


def black_ink() -> bytes:
    """A CMYK profile with L* = 100 (1 - K), whatever the other inks are: a table of two points per ink."""
    head = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lab = b"".join(bytes([0 if node % 2 else 255, 128, 128]) for node in range(16))  # K changes fastest
    return profile("black ink", b"CMYK", {b"A2B0": head + bytes(range(256)) * 4 + lab + bytes(range(256)) * 3}, b"prtr", b"Lab ")


def linear(values: np.ndarray) -> np.ndarray:
    """sRGB values in 0 to 255 -> linear light in 0 to 1 (IEC 61966-2-1)."""
    values = values / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """Linear light -> sRGB values in 0 to 255, clipped."""
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)

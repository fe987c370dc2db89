"""Tests of translation in tiles: it equals that of the whole image where tiles have enough context, and has no visible seams."""

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from genlab.errors import InputError
from genlab.networks.dropout_noise import DropoutNoise
from genlab.networks.inference import Inference
from genlab.networks.resnet import ResNet
from genlab.networks.unet import UNet
from genlab.serving.tiling import windows
from genlab.translation.padding import translate
from genlab.translation.tiling import translate_in_tiles

SIZES = [(1, 1), (7, 50), (64, 64), (65, 31), (131, 90)]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def pictures(count: int, height: int, width: int) -> torch.Tensor:
    """Smooth images (count, 3, height, width) in [-0.2, 0.6] with a period of about 20 px."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    phases = torch.arange(3 * count).view(count, 3, 1, 1)
    return 0.2 + 0.2 * torch.sin(0.31 * rows + phases) + 0.2 * torch.cos(0.29 * columns - phases)


def blur(radius: int) -> nn.Conv2d:
    """Mean filter of this radius with zero padding, so that the result falls to less than half at each border."""
    layer = nn.Conv2d(3, 3, 2 * radius + 1, padding=radius, groups=3, bias=False)
    nn.init.constant_(layer.weight, 1 / (2 * radius + 1) ** 2)
    return layer


def borders(height: int, width: int, tile: int, overlap: int, within: int) -> torch.Tensor:
    """Mask (height, width) of pixels closer than `within` px to a border of a tile that is not a border of the image."""
    near = torch.zeros(height, width, dtype=torch.bool)
    for axis, side in enumerate((height, width)):
        for start, _ in windows(side, tile, overlap, 1):
            lines = near if axis == 0 else near.T
            if start > 0:
                lines[start : start + within] = True
            if start + tile < side:
                lines[start + tile - within : start + tile] = True
    return near


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("tile", "overlap"), [(16, 0), (16, 5), (32, 24), (256, 64)])
def test_a_pixelwise_network_gives_the_same_result_in_tiles(size, tile, overlap):
    torch.manual_seed(0)
    network, images = nn.Conv2d(3, 5, 1), torch.rand(2, 3, *size)
    with torch.no_grad():
        assert torch.allclose(translate_in_tiles(network, images, tile, overlap), network(images), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("tile", "overlap"), [(16, 5), (32, 8), (20, 5)])
def test_tiles_are_aligned_with_the_networks_grid(size, tile, overlap):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.ConvTranspose2d(8, 3, 4, stride=4))  # each block of 4 x 4 pixels separately
    images = torch.rand(1, 3, *size)
    assert torch.allclose(translate_in_tiles(network, images, tile, overlap, stride=4), translate(network, images, stride=4), atol=1e-6)


@pytest.mark.parametrize(("size", "tile", "overlap"), [((70, 100), 32, 16), ((131, 40), 48, 12), ((64, 65), 32, 0)])
def test_tiles_equal_the_whole_where_they_have_enough_context(size, tile, overlap):
    network, images = blur(3), torch.rand(2, 3, *size)
    tiled, whole = translate_in_tiles(network, images, tile, overlap), translate(network, images, stride=1)
    near = borders(*size, tile, overlap, within=3)
    assert (~near).sum() > 0.4 * near.numel()
    difference = (tiled - whole).abs().amax((0, 1))
    assert difference[~near].max() < 1e-6
    assert difference[near].max() > 0.01  # tiles lack context here


def bend(images: torch.Tensor) -> torch.Tensor:
    """Largest second difference along rows or columns over all images and channels, (N, C, H, W) -> (H - 2, W - 2)."""
    down, across = images.diff(n=2, dim=-2)[..., :, 1:-1], images.diff(n=2, dim=-1)[..., 1:-1, :]
    return torch.maximum(down.abs(), across.abs()).amax((0, 1))


@pytest.mark.parametrize("size", [(150, 210), (97, 301)])
def test_seams_are_visible_only_without_overlap(size):
    radius, tile = 3, 64
    network, images = blur(radius), pictures(1, *size)

    def seam(overlap: int) -> float:
        """Strongest bend at borders of tiles divided by the strongest elsewhere, without the borders of the image."""
        strength = bend(translate_in_tiles(network, images, tile, overlap))[radius:-radius, radius:-radius]
        near = max_pool2d(borders(*size, tile, overlap, within=radius).float()[None], 5, stride=1, padding=2)[0] > 0  # widened by 2 px
        near = near[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
        return float(strength[near].max() / strength[~near].max())

    assert seam(overlap=32) < 1.1 < 5 < seam(overlap=0)


class Echo(nn.Module):
    """Network that ignores the image and returns the noise, enlarged 4 times."""

    def forward(self, images: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return noise.repeat_interleave(4, -2).repeat_interleave(4, -1)


@pytest.mark.parametrize(("tile", "overlap"), [(16, 0), (16, 5), (32, 9), (32, 24)])
def test_overlapping_tiles_share_the_noise(tile, overlap):
    noise = DropoutNoise(3, 4)
    images = torch.zeros(2, 3, 80, 112)
    torch.manual_seed(0)
    tiled = translate_in_tiles(Echo(), images, tile, overlap, stride=16, smallest=16, noise=noise)
    torch.manual_seed(0)
    assert torch.allclose(tiled, Echo()(images, noise.draw(images)), atol=1e-6)


def test_a_small_unet_leaves_no_seam_with_and_without_noise():
    """The tiles are larger than the network's receptive field; tiles of that size would leave a seam."""
    torch.manual_seed(0)
    network = UNet(size=8, width=2).eval()
    Inference(dropout=True, statistics="running").apply(network)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    images = pictures(1, 192, 192)
    for noise in (None, network.noise):
        torch.manual_seed(1)
        whole = network(images) if noise is None else network(images, noise.draw(images))
        worst = {}
        for overlap in (0, 48):
            torch.manual_seed(1)
            tiled = translate_in_tiles(network, images, 96, overlap, stride=8, smallest=8, noise=noise)
            worst[overlap] = (tiled - whole).abs().mean() / whole.std()
        assert worst[48] < 0.02 and worst[48] < 0.5 * worst[0]


@pytest.mark.parametrize("size", [(1, 1), (17, 30), (32, 32)])
def test_a_single_tile_equals_the_plain_call_bit_for_bit(size):
    torch.manual_seed(0)
    network, images = ResNet(width=2, blocks=1).eval(), torch.rand(2, 3, *size)
    expected = translate(network, images, stride=4, smallest=8)
    for tile, overlap in ((32, 8), (32, 31), (256, 0)):
        assert torch.equal(translate_in_tiles(network, images, tile, overlap, stride=4, smallest=8), expected)


def test_tiles_are_translated_one_at_a_time_row_by_row():
    seen = []

    def network(images: torch.Tensor) -> torch.Tensor:
        seen.append((tuple(images.shape), images[0, 0, 0, 0].item()))
        return images

    numbers = torch.arange(40 * 50.0).view(1, 1, 40, 50).repeat(3, 1, 1, 1)
    assert torch.allclose(translate_in_tiles(network, numbers, tile=32, overlap=8), numbers)
    assert seen == [((3, 1, 32, 32), start) for start in (0, 18, 8 * 50, 8 * 50 + 18)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tile": 30}, "tile: got 30 px, expected a multiple of the network's stride, 4, and at least 8"),
        ({"tile": 4}, "tile: got 4 px.* at least 8"),
        ({"tile": 0}, "tile: got 0 px"),
        ({"tile": -32}, "tile: got -32 px"),
        ({"overlap": 32}, "overlap: got 32 px, expected 0 to 31, less than the tile"),
        ({"overlap": -1}, "overlap: got -1 px"),
        ({"images": torch.zeros(1, 3, 0, 9)}, "height 0, width 9"),
    ],
)
def test_errors_state_the_received_and_the_expected_value(changes, message):
    arguments = {"network": nn.Identity(), "images": torch.zeros(1, 3, 40, 40), "tile": 32, "overlap": 8, "stride": 4, "smallest": 8}
    with pytest.raises(InputError, match=message):
        translate_in_tiles(**arguments | changes)

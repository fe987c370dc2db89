"""Tiles: what they make of an image is what the whole makes, and where they cannot know it, no seam shows."""

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
    """(count, 3, height, width), smooth, with a period of about 20 px, in [-0.2, 0.6]."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    phases = torch.arange(3 * count).view(count, 3, 1, 1)
    return 0.2 + 0.2 * torch.sin(0.31 * rows + phases) + 0.2 * torch.cos(0.29 * columns - phases)


def blur(radius: int) -> nn.Conv2d:
    """The mean of all pixels within the radius; the image goes on in black, so that it falls to less than half at each border."""
    layer = nn.Conv2d(3, 3, 2 * radius + 1, padding=radius, groups=3, bias=False)
    nn.init.constant_(layer.weight, 1 / (2 * radius + 1) ** 2)
    return layer


def borders(height: int, width: int, tile: int, overlap: int, within: int) -> torch.Tensor:
    """Which pixels (height, width) some tile holds less than so many px from a border of it that is not the image's."""
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
def test_a_network_that_looks_at_single_pixels_makes_the_same_of_tiles(size, tile, overlap):
    torch.manual_seed(0)
    network, images = nn.Conv2d(3, 5, 1), torch.rand(2, 3, *size)
    with torch.no_grad():
        assert torch.allclose(translate_in_tiles(network, images, tile, overlap), network(images), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("tile", "overlap"), [(16, 5), (32, 8), (20, 5)])
def test_tiles_lie_on_the_networks_grid(size, tile, overlap):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.ConvTranspose2d(8, 3, 4, stride=4))  # each 4 x 4 pixels by themselves
    images = torch.rand(1, 3, *size)
    assert torch.allclose(translate_in_tiles(network, images, tile, overlap, stride=4), translate(network, images, stride=4), atol=1e-6)


@pytest.mark.parametrize(("size", "tile", "overlap"), [((70, 100), 32, 16), ((131, 40), 48, 12), ((64, 65), 32, 0)])
def test_where_all_tiles_see_enough_they_say_what_the_whole_says(size, tile, overlap):
    network, images = blur(3), torch.rand(2, 3, *size)
    tiled, whole = translate_in_tiles(network, images, tile, overlap), translate(network, images, stride=1)
    near = borders(*size, tile, overlap, within=3)
    assert (~near).sum() > 0.4 * near.numel()
    difference = (tiled - whole).abs().amax((0, 1))
    assert difference[~near].max() < 1e-6
    assert difference[near].max() > 0.01  # the rest it can't know


def bend(images: torch.Tensor) -> torch.Tensor:
    """The larger second difference of each inner pixel, along its row and its column, (N, C, H, W) -> (H - 2, W - 2)."""
    down, across = images.diff(n=2, dim=-2)[..., :, 1:-1], images.diff(n=2, dim=-1)[..., 1:-1, :]
    return torch.maximum(down.abs(), across.abs()).amax((0, 1))


@pytest.mark.parametrize("size", [(150, 210), (97, 301)])
def test_no_seam_shows_where_tiles_overlap_and_one_does_where_they_only_touch(size):
    radius, tile = 3, 64
    network, images = blur(radius), pictures(1, *size)

    def seam(overlap: int) -> float:
        """The strongest bend at the tiles' borders, as a multiple of the strongest elsewhere; the image's own border left out."""
        strength = bend(translate_in_tiles(network, images, tile, overlap))[radius:-radius, radius:-radius]
        near = max_pool2d(borders(*size, tile, overlap, within=radius).float()[None], 5, stride=1, padding=2)[0] > 0  # two px more
        near = near[radius + 1 : -radius - 1, radius + 1 : -radius - 1]
        return float(strength[near].max() / strength[~near].max())

    assert seam(overlap=32) < 1.1 < 5 < seam(overlap=0)


class Echo(nn.Module):
    """What it makes of an image is its noise, enlarged."""

    def forward(self, images: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return noise.repeat_interleave(4, -2).repeat_interleave(4, -1)


@pytest.mark.parametrize(("tile", "overlap"), [(16, 0), (16, 5), (32, 9), (32, 24)])
def test_tiles_agree_about_the_noise_where_they_overlap(tile, overlap):
    noise = DropoutNoise(3, 4)
    images = torch.zeros(2, 3, 80, 112)
    torch.manual_seed(0)
    tiled = translate_in_tiles(Echo(), images, tile, overlap, stride=16, smallest=16, noise=noise)
    torch.manual_seed(0)
    assert torch.allclose(tiled, Echo()(images, noise.draw(images)), atol=1e-6)


def test_a_unet_of_a_small_size_leaves_no_seam_with_its_noise_and_without():
    """Its tiles are larger than the patch it sees; with a tile for each patch there would be one."""
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
def test_one_tile_is_the_plain_call_bit_for_bit(size):
    torch.manual_seed(0)
    network, images = ResNet(width=2, blocks=1).eval(), torch.rand(2, 3, *size)
    expected = translate(network, images, stride=4, smallest=8)
    for tile, overlap in ((32, 8), (32, 31), (256, 0)):
        assert torch.equal(translate_in_tiles(network, images, tile, overlap, stride=4, smallest=8), expected)


def test_the_network_sees_one_tile_at_a_time_row_by_row():
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
def test_errors_say_what_was_got_and_what_was_expected(changes, message):
    arguments = {"network": nn.Identity(), "images": torch.zeros(1, 3, 40, 40), "tile": 32, "overlap": 8, "stride": 4, "smallest": 8}
    with pytest.raises(InputError, match=message):
        translate_in_tiles(**arguments | changes)

"""The pool of earlier fakes."""

import torch

from genlab.adversarial.image_pool import ImagePool


def images(first, count):
    return torch.arange(first, first + count).float()[:, None, None, None].expand(-1, 3, 2, 2)


def test_a_pool_that_is_not_full_returns_its_input():
    pool = ImagePool(10)
    assert torch.equal(pool(images(0, 4)), images(0, 4))
    assert pool.count == 4


def test_a_full_pool_returns_an_older_fake_half_of_the_time_and_stores_the_new_one():
    torch.manual_seed(0)
    pool = ImagePool(50)
    pool(images(0, 50))
    shown = torch.cat([pool(images(first, 4)) for first in range(50, 2050, 4)])[:, 0, 0, 0]
    new = torch.arange(50, 2050).float()
    assert abs((shown == new).float().mean() - 0.5) < 0.05
    # Nothing is lost or duplicated: the returned and the stored images together are all images put in.
    kept = pool.images[:, 0, 0, 0]
    assert sorted(torch.cat([shown, kept]).tolist()) == list(range(2050))


def test_a_checkpoint_holds_the_pool():
    torch.manual_seed(0)
    pool, copy = ImagePool(6), ImagePool(6)
    pool(images(0, 8))
    copy.load_state_dict(pool.state_dict())
    torch.manual_seed(1)
    expected = pool(images(8, 4))
    torch.manual_seed(1)
    assert torch.equal(copy(images(8, 4)), expected)


def test_size_zero_disables_the_pool():
    assert torch.equal(ImagePool(0)(images(3, 4)), images(3, 4))

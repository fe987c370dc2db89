"""Generation of samples of fixed latents."""

import torch

from genlab.adversarial import fixed_samples
from genlab.networks.conditional import JoinedGenerator
from genlab.networks.dcgan import Generator


def test_generating_in_parts_equals_generating_at_once(monkeypatch):
    torch.manual_seed(0)
    generator = JoinedGenerator(Generator(size=8, channels=1, latent_size=9, width=4), classes=3, embedding_size=4)
    latents, labels = torch.randn(7, 5), torch.arange(7) % 3
    at_once = fixed_samples.generate(generator, latents, labels)
    counts = []
    generator.register_forward_pre_hook(lambda module, inputs: counts.append((len(inputs[0]), module.training)))
    monkeypatch.setattr(fixed_samples, "AT_ONCE", 3 * 8**2)
    torch.testing.assert_close(fixed_samples.generate(generator, latents, labels), at_once)
    monkeypatch.setattr(fixed_samples, "AT_ONCE", 1)
    torch.testing.assert_close(fixed_samples.generate(generator, latents, labels), at_once)
    assert counts == [(3, False), (3, False), (1, False)] + [(1, False)] * 7 and generator.training
    assert not at_once.requires_grad and at_once.shape == (7, 1, 8, 8)

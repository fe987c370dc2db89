"""Tests of the errors for networks without the attributes that a recipe needs."""

import functools

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.losses.adversarial import HINGE
from genlab.networks import contracts, dcgan, resnet, style, stylegan, unet
from genlab.networks.inference import Inference
from genlab.networks.patchgan import PatchGAN
from genlab.recipes.cyclegan import CycleGAN
from genlab.recipes.gan import GAN
from genlab.recipes.pix2pix import Pix2Pix
from genlab.recipes.stylegan import StyleGAN
from genlab.recipes.vae import VAE
from genlab.variational.likelihoods import Bernoulli

ADAM = functools.partial(torch.optim.Adam, lr=1e-3)
GENERATOR, CRITIC = dcgan.Generator(16, 1, 4, 2), dcgan.Critic(16, 1, 2, "none")


class Anonymous(nn.Module):
    """A network without any of the attributes that recipes need."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: GAN(Anonymous(), CRITIC, HINGE, ADAM, ADAM),
            r"generator: Anonymous .* has no `latent_size` and no `size` and no `classes`",
        ),
        (lambda: GAN(GENERATOR, Anonymous(), HINGE, ADAM, ADAM), r"critic: Anonymous .* has no `classes`; a Critic states"),
        (lambda: StyleGAN(GENERATOR, CRITIC, ADAM, ADAM), r"generator: got a Generator \(genlab\.networks\.dcgan\), expected a .*style"),
        (lambda: CycleGAN(Anonymous, PatchGAN, HINGE, ADAM, ADAM), r"generator: Anonymous .* has no `stride` and no `noise`"),
        (lambda: Pix2Pix(Anonymous(), None, HINGE, ADAM, ADAM, Inference(False)), r"generator: Anonymous .* has no `stride`"),
        (lambda: VAE(Anonymous(), Anonymous(), Bernoulli(), ADAM), r"encoder: Anonymous .* has no `latent_size` and no `classes`; a Coder"),
    ],
)
def test_a_network_without_its_contract_raises_one_clear_error(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_the_critic_of_stylegan_must_state_its_size():
    generator = style.Generator(style.Mapping(8, 8, 1), stylegan.Synthesis(8, 1, 8, 2))
    critic = PatchGAN(channels=1)
    critic.classes = 0
    with pytest.raises(InputError, match=r"critic: PatchGAN .* has no `size`; a SizedCritic states `classes`, `size`"):
        StyleGAN(generator, critic, ADAM, ADAM)


def test_genlabs_networks_satisfy_their_contracts():
    contracts.require(GENERATOR, contracts.Sampler, "generator")
    contracts.require(CRITIC, contracts.SizedCritic, "critic")
    for translator in (resnet.ResNet(width=2, blocks=1), unet.UNet(size=8, width=2)):
        contracts.require(translator, contracts.Translator, "generator")

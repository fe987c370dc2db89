"""The parts of variational autoencoders: priors, likelihoods of images, bounds."""

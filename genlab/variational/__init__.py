"""Parts of variational autoencoders: priors, likelihoods of images, bounds."""

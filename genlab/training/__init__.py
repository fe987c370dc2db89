"""Training of a recipe on a prepared image set: fit, resume, history, health, callbacks. See `genlab.training.fit.fit`."""

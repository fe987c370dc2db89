"""Training of a recipe on a prepared image set: fitting, resumption, history, health checks, callbacks. See `genlab.training.fit.fit`."""

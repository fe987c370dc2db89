"""A local web page on which released models can be tried: `genlab demo`."""

"""genlab: the science of generative image models. Imports no pipeline framework; see pipelines/ for the wiring."""

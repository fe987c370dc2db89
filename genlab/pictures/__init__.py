"""Pictures of what recipes have learnt. They use recipes through genlab.engine.capabilities; training does not import them."""

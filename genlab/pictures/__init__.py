"""Pictures of what recipes have learnt. They depend on capabilities (genlab.engine.capabilities) only; training does not import them."""

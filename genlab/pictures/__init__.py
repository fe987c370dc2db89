"""Pictures of what recipes have learnt. They ask for capabilities (genlab.engine.capabilities); learning imports none of this."""

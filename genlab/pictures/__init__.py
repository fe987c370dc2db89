"""Pictures of what recipes have learnt. They ask for capabilities (genlab.capabilities); learning imports none of this."""

"""Commands of `genlab` on MLflow's registry. Entry points of the group `genlab.commands` name them, since the library knows no MLflow."""

"""Kedro's configuration loader, with the user's own settings in conf/local on top of every environment."""

from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf

LOCAL = "local"
COMMITTED = "dvc"  # the environment of DVC's stages: conf/base alone, so that a result follows from what git tracks


class Loader(OmegaConfigLoader):
    """Loads parameters in the order base, environment, local, command line; later values win. The environment `dvc` leaves out local."""

    def __getitem__(self, key: str) -> Any:
        loaded = key in self.data
        config = super().__getitem__(key)
        if loaded or key != "parameters" or (self.env or LOCAL) in (LOCAL, COMMITTED):
            return config
        try:
            own = OmegaConfigLoader(self.conf_source, base_env=LOCAL, default_run_env=LOCAL)[key]
        except MissingConfigException:
            return config
        return OmegaConf.to_container(OmegaConf.merge(config, own, self.runtime_params or {}))

"""Kedro settings, see https://docs.kedro.org/en/stable/configure/configuration_basics/"""

from pipelines.hooks import ProjectHooks
from pipelines.loader import Loader
from pipelines.session import CONFIG_LOADER_ARGS

HOOKS = (ProjectHooks(),)
CONFIG_LOADER_CLASS = Loader
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)
__all__ = ["CONFIG_LOADER_ARGS", "CONFIG_LOADER_CLASS", "DISABLE_HOOKS_FOR_PLUGINS", "HOOKS"]

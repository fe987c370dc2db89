"""Kedro's settings: https://docs.kedro.org/en/stable/configure/configuration_basics/"""

from pipelines.hooks import ProjectHooks

HOOKS = (ProjectHooks(),)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Without "soft", a file of another environment would replace a recipe's whole dictionary.
    "merge_strategy": {"parameters": "soft"},
}

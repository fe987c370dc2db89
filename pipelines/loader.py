"""Kedro's configuration loader for parameters: layers in a fixed order, and descriptions that replace each other whole."""

import functools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf.errors import KeyValidationError

from genlab.build import ConfigurationError
from pipelines.plain_layers import PlainLayers
from pipelines.yaml_files import check_files, check_places

LOCAL = "local"
COMMITTED = "dvc"  # the environment of DVC's stages: conf/base alone, so that a result follows from what git tracks


class WrongEntry(NamedTuple):
    """A value that a user has written in place of the mapping of a recipe. Only the pipeline of that recipe is refused."""

    value: Any


class Layers(OmegaConfigLoader):
    """Kedro's loader with another merge of an environment into base."""

    @staticmethod
    def _soft_merge(config: dict[str, Any], env_config: dict[str, Any], env_path: str | None = None) -> Any:
        return layered(config, env_config)


class Loader(Layers):
    """Loads parameters in the order base, environment, local, command line; later values win. The environment `dvc` leaves out local.

    Plain files are read once, without OmegaConf. If one has an interpolation or an error, Kedro's loader reads all of them.
    """

    @functools.cached_property
    def plain(self) -> PlainLayers:
        """The files that have been read."""
        return PlainLayers(Path(str(self.conf_source)))

    def __getitem__(self, key: str) -> Any:
        if key != "parameters" or key in self.data:
            return super().__getitem__(key)
        environments = [each for each in dict.fromkeys((self.env or LOCAL, LOCAL)) if self.env != COMMITTED or each != LOCAL]
        check_places(self.conf_source, [each for each in environments if each != self.base_env])  # base has files of other kinds, too
        chosen = self.env or self.default_run_env
        on_top = [LOCAL] if (self.env or LOCAL) not in (LOCAL, COMMITTED) and Path(self.conf_source, LOCAL).is_dir() else []
        plain = self._plain([self.base_env, chosen, *on_top])
        if plain is not None:
            return layered(plain, self.runtime_params or {})
        given, self.runtime_params = self.runtime_params or {}, {}  # laid on top last, and not by Kedro
        try:
            parameters = super().__getitem__(key)
            if (self.env or LOCAL) not in (LOCAL, COMMITTED):
                with suppress(MissingConfigException):  # there are no local settings
                    local = OmegaConfigLoader(self.conf_source, base_env=LOCAL, default_run_env=LOCAL)[key]
                    parameters = layered(parameters, local)
        except MissingConfigException:
            raise
        except KeyValidationError as error:
            place = str(getattr(error, "full_key", "") or "the top of a file")
            raise ConfigurationError(
                f"conf/: a key under {place} is empty, null or ~; expected a name. Write one in front of the colon."
            ) from error
        except Exception:  # Kedro does not name the file, and raises almost anything
            check_files(self.conf_source, [self.base_env or "base", *environments])
            raise
        finally:
            self.runtime_params = given
        return layered(parameters, given)

    def committed(self) -> dict[str, Any]:
        """The parameters that git tracks: without conf/local and the command line."""
        environment = self.base_env if self.env in (None, LOCAL, COMMITTED) else self.env
        plain = self._plain([self.base_env, environment])
        if plain is not None:
            return plain
        strategy = self.merge_strategy
        loader = Layers(str(self.conf_source), base_env=self.base_env, default_run_env=environment, merge_strategy=strategy)
        return dict(loader["parameters"])

    def _plain(self, environments: Sequence[str]) -> dict[str, Any] | None:
        """The parameters of environments on top of each other, without OmegaConf; None if Kedro must read them, or say what is wrong."""
        layers = [self.plain.layer(name) if name else None for name in dict.fromkeys(environments)]
        found = [layer for layer in layers if layer is not None]
        complete = len(found) == len(layers) and any(found) and self.merge_strategy.get("parameters") == "soft"
        return functools.reduce(layered, found) if complete else None


def layered(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay all parameters over others. A value in place of the mapping of a recipe becomes a WrongEntry."""
    merged: dict[str, Any] = overlaid(under, over)
    return {
        name: WrongEntry(value) if isinstance(under.get(name), Mapping) and not isinstance(value, Mapping) and name != "images" else value
        for name, value in merged.items()
    }


def overlaid(under: Any, over: Any) -> Any:
    """Lay a tree of values over another one; later values win.

    A description with another `class` replaces the former one whole: the arguments of the former class do not fit the new one. Only
    `partial` stays, which is no argument.
    """
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    if "class" in under and "class" in over and under["class"] != over["class"]:
        under = {key: value for key, value in under.items() if key == "partial"}
    return {**under, **{key: overlaid(under[key], value) if key in under else value for key, value in over.items()}}

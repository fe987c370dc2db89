"""Base class of the groups of parameters in YAML."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from genlab.build import suggestion


class Parameters(BaseModel):
    """Base class of groups of parameters. An unknown key raises an error that lists the existing keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def name_unknown_keys(cls, values: Any) -> Any:
        """Raise a ValueError that lists the existing keys if there is an unknown one: pydantic's own message does not list them."""
        keys = [field.alias or name for name, field in cls.model_fields.items()]
        if values is None or isinstance(values, str | int | float | list):
            raise ValueError(f"got {values!r}, expected a mapping with: {', '.join(keys)}.")
        for key in values if isinstance(values, dict) else ():
            if key not in keys:
                raise ValueError(f"there is no key '{key}'.{suggestion(str(key), keys)} It has: {', '.join(keys)}.")
        return values

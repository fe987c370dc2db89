"""What every group of parameters in YAML shares."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from genlab.build import suggestion


class Parameters(BaseModel):
    """A group of parameters: an unknown key is an error that names the keys that exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def name_unknown_keys(cls, values: Any) -> Any:
        """Pydantic's own message doesn't say which keys there are."""
        for key in values if isinstance(values, dict) else ():
            if key not in cls.model_fields:
                raise ValueError(f"there is no key '{key}'.{suggestion(str(key), cls.model_fields)} It has: {', '.join(cls.model_fields)}.")
        return values

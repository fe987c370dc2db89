"""What every group of parameters in YAML shares."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Parameters(BaseModel):
    """A group of parameters: an unknown key is an error that names the keys that exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def name_unknown_keys(cls, values: Any) -> Any:
        """Pydantic's own message doesn't say which keys there are."""
        for key in values if isinstance(values, dict) else ():
            if key not in cls.model_fields:
                close = get_close_matches(str(key), cls.model_fields, n=1)
                suggestion = f" Did you mean '{close[0]}'?" if close else ""
                raise ValueError(f"there is no key '{key}'.{suggestion} It has: {', '.join(cls.model_fields)}.")
        return values

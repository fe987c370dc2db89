"""Checks of the entry `user_study` in the parameters."""

from collections.abc import Mapping
from typing import Any

from genlab.build import suggestion
from genlab.errors import InputError
from genlab.study.settings import settings_of

USER_STUDY = "user_study"  # key in the parameters, namespace of the datasets, and name of the pipeline


def wrong_entry(
    entry: Any,
    recipes: Mapping[Any, Mapping[str, Any]],  # name -> description
) -> str:
    """Why the entry `user_study` cannot be used, and what to write instead; "" for a usable one."""
    try:
        settings = settings_of(entry, USER_STUDY)
    except InputError as error:
        return str(error)
    known = list(map(str, recipes))  # a name in YAML need not be text
    for name in settings.models:
        if name not in recipes:
            return f"{USER_STUDY}.models: '{name}' is not a recipe.{suggestion(name, known)} There are: {', '.join(known)}."
        if (trained_on := recipes[name].get("images")) != settings.images:
            return (
                f"{USER_STUDY}.images: got '{settings.images}', but {name} is trained on '{trained_on}'. Models are compared with the real "
                "images of their own set, and with models of the same set: change `images`, or leave the recipe out."
            )
    return ""

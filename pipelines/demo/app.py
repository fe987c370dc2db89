"""The server of the demo page. Images come from the same code as those of `genlab sample` and `genlab translate`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse

from genlab.commands.models import Model
from genlab.commands.samplers import Choice, chosen, mixed
from genlab.errors import InputError
from genlab.serving.directions import named_directions
from genlab.serving.errors import RequestError
from genlab.serving.images import png
from genlab.serving.latents import path
from genlab.serving.translator import Translator
from pipelines.demo.page import PAGE

STEPS = 101  # positions of the slider between two seeds
MOST_BYTES = 50_000_000  # of a picture to translate


def application(models: Mapping[str, Model]) -> FastAPI:
    """Create the server of a page for these models, by name."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)  # FastAPI's own pages load scripts from other hosts
    samplers = cache(lambda name, truncation, label: chosen(found(models, name), truncation, label))
    translator = cache(lambda name: Translator(found(models, name).release))

    def choose(name: str, truncation: float | None, label: str, fine: int | None, crossover: int | None) -> Choice:
        choice: Choice = samplers(name, truncation, label)
        return choice if fine is None and crossover is None else mixed(choice, models[name], fine, crossover)

    @app.exception_handler(InputError)
    @app.exception_handler(RequestError)
    def refuse(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse(str(error), 400)

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @app.get("/models")
    def listed() -> JSONResponse:
        return JSONResponse([described(model) for model in models.values()])

    @app.get("/sample")
    def sample(
        model: str,
        seed: int,
        label: str = "",
        truncation: float | None = None,
        to: int | None = None,
        step: int = 0,
        fine: int | None = None,
        crossover: int | None = None,
    ) -> Response:
        if (least := min(seed, to or 0, fine or 0)) < 0:
            raise RequestError(f"seed: got {least}, expected a whole number from 0 on.")
        choice = choose(model, truncation, label, fine, crossover)
        drawn = choice.drawn(seed)
        if to is not None and step:
            corners = np.stack([drawn.latent, choice.drawn(to).latent])
            drawn = drawn._replace(latent=path(corners, STEPS)[min(max(step, 0), STEPS - 1)])
        return Response(png(choice.image(drawn)), media_type="image/png")

    @app.post("/translate")
    async def translate(request: Request, model: str, direction: str = "") -> Response:
        content = await request.body()
        if len(content) > MOST_BYTES:
            raise RequestError(f"the picture has {len(content):,} bytes, expected at most {MOST_BYTES:,}. Downscale it.")
        network = translator(model)
        (translation,) = network.images([content], direction or network.directions[0])
        return Response(translation, media_type="image/png")

    return app


def found(models: Mapping[str, Model], name: str) -> Model:
    """Return a model of the page.

    Raises:
        InputError: the page has no such model.
    """
    if name not in models:
        raise InputError(f"model: got '{name}', expected one of: {', '.join(models)}.")
    return models[name]


def described(model: Model) -> dict[str, Any]:
    """What the page needs of a model to show its controls."""
    facts = model.release.facts
    about: dict[str, Any] = {
        "name": model.name,
        "kind": facts["served_as"],
        "size": facts.get("training_size"),
        "channels": facts["channels"],
    }
    if facts["served_as"] == "translator":
        return about | {"directions": named_directions(facts)}
    return about | {"classes": facts["classes"], "psi": facts.get("truncates") == "styles", "layers": facts.get("layers", 0)}

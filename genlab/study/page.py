"""The page of a study: one HTML file with all images, which works without a server. It does not contain what the images are."""

import base64
import math
from typing import Any

from genlab.engine.json_text import json_text
from genlab.study.design import Made
from genlab.study.page_script import SCRIPT
from genlab.study.settings import REAL_OR_GENERATED

SECONDS_PER_TRIAL = 3
CONSENT = (
    "You will see {trials} images or pairs of images and answer one question about each, which takes about {minutes} minutes. Taking part "
    "is voluntary: you can stop at any time by closing the page. Your answers and the time that each took are saved under a random code; "
    "nothing else about you or your device is. The answers are used to compare programs that generate images, and are published in summary."
)
STYLE = """
  :root { color-scheme: light dark; --line: #8886; --accent: #2a6fb0; }
  body { font: 17px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1rem; box-sizing: border-box; }
  h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
  progress { width: 100%; height: .6rem; accent-color: var(--accent); }
  #place { font-size: .9rem; margin: 0; min-height: 1.5em; }
  #question { font-size: 1.1rem; margin: .6rem 0; min-height: 3em; text-align: center; }
  #stage { display: flex; justify-content: center; gap: 4%; }
  #stage > div { flex: 0 1 20rem; min-width: 0; position: relative; background: #8882; }
  #stage > div::before { content: ""; display: block; padding-top: var(--shape); }
  #stage > div.cross::after { content: "+"; position: absolute; inset: 0; display: grid; place-items: center; font-size: 2rem; }
  #stage img { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated; visibility: hidden; }
  #stage img.seen { visibility: visible; }
  #source { display: block; margin: 0 auto .8rem; width: min(45%, 14rem); image-rendering: pixelated; }
  .answers { display: grid; grid-template-columns: 1fr 1fr; gap: 4%; margin: 1rem auto; max-width: 42rem; }
  button { font: inherit; padding: .8rem .5rem; border-radius: .4rem; border: 1px solid var(--line); cursor: pointer; width: 100%; }
  button.main { background: var(--accent); color: white; }
  button:disabled { opacity: .5; cursor: default; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  kbd { font: inherit; opacity: .7; }
  #feedback { text-align: center; min-height: 1.6em; margin: 0; font-weight: 600; }
  #problem { color: #c33; }
  textarea { width: 100%; box-sizing: border-box; height: 6rem; font: 12px monospace; }
  [hidden] { display: none !important; }
"""
BODY = """
<h1>A study of images</h1>
<progress id="progress" value="0" max="1" aria-label="progress"></progress>
<p id="place" aria-live="polite"></p>
<main>
  <section id="consent" hidden>
    <p id="text"></p>
    <p id="how"></p>
    <p>Your random code: <code class="code"></code></p>
    <button id="agree" class="main" type="button">I agree and start</button>
  </section>
  <section id="trial" hidden>
    <p id="question" aria-live="polite"></p>
    <img id="source" alt="image to translate" hidden>
    <div id="stage"></div>
    <div class="answers">
      <button id="left" type="button" aria-keyshortcuts="ArrowLeft"></button>
      <button id="right" type="button" aria-keyshortcuts="ArrowRight"></button>
    </div>
    <p id="feedback" role="status"></p>
  </section>
  <section id="done" hidden>
    <p id="thanks" role="status"></p>
    <p id="problem" role="alert"></p>
    <p><button id="save" class="main" type="button">Save the answers as a file</button></p>
    <details><summary>Or copy the answers</summary><textarea id="copy" readonly aria-label="answers"></textarea></details>
    <p>Code: <code class="code"></code></p>
    <p><button id="again" type="button">Next participant on this device</button></p>
  </section>
</main>
"""
# The page loads nothing, and sends answers to its own server only.
POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def page(made: Made) -> str:
    """Render the page of a study as HTML."""
    embedded = {
        "hash": made.key["hash"],
        "shape": shape_of(made),
        "how": instructions(made.study),
        "consent": consent_of(made.study),
        "images": {own: f"data:image/png;base64,{base64.b64encode(content).decode()}" for own, content in made.images.items()},
        **{part: made.study[part] for part in ("name", "question", "labels", "exposure_milliseconds", "practice", "forms")},
    }
    data = json_text(embedded).replace("<", "\\u003c")  # no end of a script element inside
    head = "\n".join(
        [
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="robots" content="noindex">',
            "<title>A study of images</title>",
            f"<style>{STYLE}</style>",
        ]
    )
    data_element = f'<script type="application/json" id="data">{data}</script>'
    return (
        f'<!doctype html>\n<html lang="en"><head>\n{head}\n</head>\n<body>{BODY}{data_element}\n<script>{SCRIPT}</script>\n</body></html>\n'
    )


def shape_of(made: Made) -> float:
    """Height of the images, in % of their width. All have one size."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(next(iter(made.images.values())))) as image:
        return 100 * image.height / image.width


def consent_of(study: dict[str, Any]) -> str:
    """The text that participants agree to."""
    trials = len(study["practice"]) + len(study["forms"][0])
    return str(study["consent"] or CONSENT.format(trials=trials, minutes=max(1, math.ceil(trials * SECONDS_PER_TRIAL / 60))))


def instructions(study: dict[str, Any]) -> str:
    """What participants do."""
    alone, limit = study["kind"] == REAL_OR_GENERATED, study["exposure_milliseconds"]
    keys = " and ".join(f"{arrow} for “{label}”" for arrow, label in zip(("←", "→"), study["labels"], strict=True))
    parts = [f"Answer with the keys {keys}, or with the buttons."]
    if limit is not None:
        parts.append(
            f"Images are visible for {limit / 1000:g} s only, then a chessboard hides them: look at the cross. The answer may take longer."
        )
    noise = "it is generated" if alone else "choose the other one"
    parts.append(f"If {'the' if alone else 'an'} image is nothing but noise, {noise}.")
    if study["practice"]:
        parts.append(f"The first {len(study['practice'])} are for practice. If you close or reload the page, it continues where you were.")
    return " ".join(parts)

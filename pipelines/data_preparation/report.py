"""The validation report: one self-contained HTML page."""

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genlab.images.checking.conversions import conversions
from genlab.images.decode import decode_item, load
from genlab.images.sources import Item
from genlab.images.sources.names import in_words
from genlab.serving.errors import DecodeError
from genlab.serving.images import convert
from pipelines.data_preparation.declaration import ImageSet

SHEET = 48  # images on the contact sheet
TILES = 24  # failing images shown per expectation
SIDE = 96  # longest side of a thumbnail, in pixels
BARS = 24  # bars of the size histogram

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #e0e1e6; --paper: #fcfcfd; --card: #fff;
  --good: #18794e; --bad: #ce2c31; --odd: #ab6400; --bar: #8da4ef }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --paper: #111113; --card: #18191b;
  --good: #3dd68c; --bad: #ff9592; --odd: #ffca16; --bar: #5472e4 } }
* { box-sizing: border-box } body { margin: 0 auto; max-width: 1080px; padding: 32px 24px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 18px; margin: 40px 0 12px } p { margin: 4px 0 } .soft { color: var(--soft) }
.good { color: var(--good) } .bad { color: var(--bad) } .odd { color: var(--odd) } .verdict { font-size: 17px; font-weight: 600 }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line) }
th, td { text-align: left; padding: 7px 12px; border-top: 1px solid var(--line); vertical-align: top }
td:nth-child(n + 3) { overflow-wrap: anywhere }
th { font-weight: 600; font-size: 13px; color: var(--soft) } .mark { font-weight: 600 } .name { white-space: nowrap }
.cards { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start } .cards > div { flex: 1 1 300px; min-width: 0 }
td .soft { font-size: 13px } svg { width: 100%; fill: var(--bar); stroke: none } line { stroke: var(--line) }
.number { text-align: right; font-variant-numeric: tabular-nums }
.sheet { display: grid; grid-template-columns: repeat(12, 1fr); gap: 6px } .sheet img { width: 100%; display: block;
  aspect-ratio: 1; object-fit: contain; background: #fff; border: 1px solid var(--line) }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); padding: 8px; overflow-wrap: anywhere; font-size: 12px }
figure img, .broken { height: 96px; width: 100%; object-fit: contain; display: block; margin-bottom: 6px }
figure img { image-rendering: pixelated }
.broken { display: grid; place-items: center; border: 1px dashed var(--bad); color: var(--bad); font-size: 13px }
"""


def render(
    manifest: pd.DataFrame,
    image_set: ImageSet,
    validation: Mapping[str, Any],  # outcome returned by the node `validate`
    items: Iterable[Item],  # images of the thumbnails
) -> str:
    """Render a validation as a page: verdict, contents of the set, all expectations, and the failing images."""
    by_path = {item.path: item for item in items}
    findings = sorted(validation["expectations"], key=lambda finding: (finding["success"], finding["severity"] != "critical"))
    parts = [
        header(manifest, image_set, validation),
        f"<div class=cards><div>{counts(manifest, validation['domains'])}</div><div>{histogram(manifest)}</div></div>",
        passed_over(validation),
        f"<h2>A sample of the set</h2>{sheet(manifest, by_path, image_set)}",
        "<h2>Expectations</h2>",
        table(["", "expectation", "found", "expected"], [row(finding) for finding in findings]),
        *(offenders(finding, by_path, image_set) for finding in findings if finding["failures"]),
    ]
    title = f"Validation of {html.escape(image_set.name)}"
    body = "\n".join(parts)
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>\n<body>\n{body}\n</body></html>\n"
    )


def header(manifest: pd.DataFrame, image_set: ImageSet, validation: Mapping[str, Any]) -> str:
    """HTML of the set's name, the verdict, and the declaration."""
    height, width = image_set.shape
    evaluated, failed = validation["evaluated"], validation["failed"]
    warned = sum(not finding["success"] for finding in validation["expectations"]) - failed + len(validation["remarks"])
    verdict = f"<p class='verdict {'bad' if failed else 'good'}'>" + (
        f"{failed} of {evaluated} expectations failed" if failed else f"Of {evaluated} expectations, no critical one failed" if warned
        else f"All {evaluated} expectations are met"
    ) + (f" <span class=odd>· {warned} warning{'s' * (warned > 1)}</span>" if warned else "") + "</p>"  # fmt: skip
    policy = {"stop": "the run stops", "quarantine": "failing images are set aside"}[image_set.on_failure]
    source = ", ".join(f"{key}: {value}" for key, value in image_set.source.items())
    made = f"{height} x {width} px, {'RGB' if image_set.channels == 3 else 'grey'}"
    facts = f"{image_set.kind} · {len(manifest):,} images · prepared as {made} · on failure {policy}"
    return f"<h1>{html.escape(image_set.name)}</h1>{verdict}<p>{html.escape(facts)}</p><p class=soft>{html.escape(source)}</p>"


def counts(manifest: pd.DataFrame, domains: Mapping[str, str]) -> str:
    """HTML tables of the number of images per domain and split, per label, and per conversion."""
    by_split = manifest.groupby(["domain", "split"]).size().unstack(fill_value=0).reindex(columns=["train", "test", ""], fill_value=0)
    rows = []
    for domain, found in by_split.iterrows():
        name = f"{domain} · {domains.get(str(domain), '')}" if domain else "all"
        rows.append([html.escape(name), *(f"<span class=number>{found[split]:,}</span>" for split in ("train", "test", ""))])
    text = "<h2>Images</h2>" + table(["domain", "train", "held out", "unused"], rows)
    labels = manifest.loc[manifest["label"] != "", "label"].value_counts().sort_index()
    if len(labels):
        shown = [[html.escape(str(label)), f"{count:,}"] for label, count in labels.head(40).items()]
        shown += [[f"<span class=soft>and {len(labels) - 40} more</span>", ""]] if len(labels) > 40 else []
        text += "<h2>Labels</h2>" + table(["label", "images"], shown)
    made = [[html.escape(what), f"{count:,}"] for what, count in conversions(manifest).items()]
    return text + ("<h2>Conversions</h2>" + table(["from", "images"], made) if made else "")


def passed_over(validation: Mapping[str, Any]) -> str:
    """HTML of what lies next to the images: the numbers of files that were passed over, by kind, and remarks on folders and names."""
    remarks = "".join(f"<p class=odd>{html.escape(remark)}</p>" for remark in validation["remarks"])
    others = in_words(validation["passed_over"])
    return remarks + (f"<p class=soft>Files that are no images, passed over: {html.escape(others)}</p>" if others else "")


def histogram(manifest: pd.DataFrame) -> str:
    """Histogram of the images' shorter sides in pixels, as an inline SVG."""
    sides = manifest[["width", "height"]].min(axis=1).dropna().astype(int).to_numpy()
    if not len(sides):
        return ""
    low, high = int(sides.min()), int(sides.max())
    if low == high:
        return f"<h2>Shorter side</h2><p>{low} px for all images</p>"
    bars, edges = np.histogram(sides, bins=min(BARS, high - low + 1), range=(low - 0.5, high + 0.5))
    step, top = 400 / len(bars), bars.max()
    drawn = "".join(
        f"<rect x={(index + 0.1) * step:.1f} y={110 - 100 * bar / top:.1f} width={0.8 * step:.1f} height={100 * bar / top:.1f}>"
        f"<title>{int(np.ceil(edges[index]))} to {int(np.floor(edges[index + 1]))} px: {bar:,}</title></rect>"
        for index, bar in enumerate(bars)
        if bar
    )
    picture = f"<svg viewBox='0 0 400 112' role=img aria-label='Histogram of image sizes'>{drawn}<line x2=400 y1=110.5 y2=110.5 /></svg>"
    return f"<h2>Shorter side</h2>{picture}<p class=soft>{low} to {high} px; the tallest bar is {top:,} images</p>"


def sheet(manifest: pd.DataFrame, by_path: Mapping[str, Item], image_set: ImageSet) -> str:
    """HTML of evenly spaced readable images. If two domains share stems, it shows the same stems of both, a above b."""
    sound = manifest[manifest["decode_error"] == ""].sort_values(["stem", "path"])
    domains = [rows.set_index("stem")["path"] for _, rows in sound.groupby("domain")]
    shared = [stem for stem in dict.fromkeys(sound["stem"]) if all(stem in paths.index for paths in domains)]
    parts = []
    for paths in domains:
        files = (paths.loc[shared] if shared else paths).groupby(level=0).first().tolist()
        places = np.unique(np.linspace(0, len(files) - 1, min(SHEET // len(domains), len(files))).astype(int))
        images = "".join(
            f"<img alt='' title='{html.escape(files[place])}' src='{thumbnail(by_path[files[place]], image_set)}'>" for place in places
        )
        parts.append(f"<div class=sheet>{images}</div>")
    return "<p></p>".join(parts) or "<p class=soft>No image can be read.</p>"


def row(finding: Mapping[str, Any]) -> list[str]:
    """HTML cells of a finding in the table of expectations: mark, name, result, and what was expected."""
    colour, mark = (
        ("good", "met") if finding["success"] else ("bad", "failed") if finding["severity"] == "critical" else ("odd", finding["severity"])
    )
    kind = f"<span class=soft>{html.escape(finding['type'])}</span>"
    found = (
        html.escape(finding["summary"])
        if finding["failed"] or not finding["unit"]
        else f"<span class=soft>none of {finding['total']:,} {finding['unit']} fails</span>"
    )
    return [
        f"<span class='mark {colour}'>{mark}</span>",
        f"<span class=name>{html.escape(finding['name'])}</span>",
        found,
        f"{kind}<br>{html.escape(finding['expected'])}",
    ]


def offenders(finding: Mapping[str, Any], by_path: Mapping[str, Item], image_set: ImageSet) -> str:
    """HTML of the images that don't meet an expectation, one tile per image."""
    shown = finding["failures"][:TILES]
    more = f"<p class=soft>and {len(finding['failures']) - TILES:,} more</p>" if len(finding["failures"]) > TILES else ""
    tiles = "".join(tile(failure, by_path, image_set) for failure in shown)
    return f"<h2>{html.escape(finding['name'])}</h2><p class=soft>{html.escape(finding['summary'])}</p><div class=tiles>{tiles}</div>{more}"


def tile(failure: Mapping[str, str], by_path: Mapping[str, Item], image_set: ImageSet) -> str:
    """HTML of a failing image with its path and the reason."""
    try:
        picture = f"<img alt='' src='{thumbnail(by_path[failure['path']], image_set)}'>"
    except DecodeError:
        picture = "<div class=broken>can't be read</div>"
    return f"<figure>{picture}<b>{html.escape(failure['path'])}</b><br>{html.escape(failure['reason'])}</figure>"


def thumbnail(item: Item, image_set: ImageSet) -> str:
    """Thumbnail of an image as a data URI, with the set's background and depth.

    Raises:
        DecodeError: the image can't be read.
    """
    image = convert(decode_item(item, load(item)), 3, image_set.background, image_set.bits)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table. Heads and cells are inserted as HTML, without escaping."""
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>" for cells in rows)
    return f"<table><tr>{head}</tr>{body}</table>"

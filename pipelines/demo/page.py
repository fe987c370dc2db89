"""The demo page: one document, without anything from another host."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>genlab</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --accent: #2a6fb0; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
  h1 { font-size: 1.3rem; margin: 0 0 1rem; }
  main { display: grid; gap: 1.5rem; grid-template-columns: minmax(14rem, 20rem) 1fr; }
  @media (max-width: 42rem) { main { grid-template-columns: 1fr; } }
  label { display: block; margin: .7rem 0 .1rem; }
  label output { float: right; opacity: .7; }
  select, input[type=number], button { font: inherit; padding: .35rem .5rem; width: 100%; box-sizing: border-box; }
  input[type=range] { width: 100%; accent-color: var(--accent); }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .grid { display: grid; gap: 4px; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }
  .grid img, #large, #result { width: 100%; image-rendering: pixelated; background: var(--line); aspect-ratio: auto; }
  #large { max-width: 24rem; }
  .pair { display: grid; gap: 1rem; grid-template-columns: 1fr 1fr; }
  canvas { width: 100%; border: 1px solid var(--line); background: white; touch-action: none; box-sizing: border-box; }
  .buttons { display: grid; gap: .5rem; grid-template-columns: 1fr 1fr; margin-top: .5rem; }
  #error { color: #c33; min-height: 1.5em; }
  [hidden] { display: none !important; }
</style>
<h1>genlab</h1>
<main>
  <form id="controls" onsubmit="return false">
    <label for="model">Model</label><select id="model"></select>
    <div id="sampler">
      <label for="seed">Seed</label><input id="seed" type="number" min="0" value="0">
      <label for="to">Walk to seed</label><input id="to" type="number" min="0" value="1">
      <label for="step">Place on the walk <output id="stepped">0 %</output></label>
      <input id="step" type="range" min="0" max="100" value="0">
      <label for="truncation"><span id="truncates">Truncation</span> <output id="truncated"></output></label>
      <input id="truncation" type="range" min="0" max="100" value="100">
      <div id="mixing">
        <label for="fine">Fine styles of seed</label><input id="fine" type="number" min="0" value="7">
        <label for="crossover">Fine styles from layer <output id="crossed"></output></label>
        <input id="crossover" type="range" min="0" max="1" value="1">
      </div>
      <div id="labelled"><label for="label">Class</label><select id="label"></select></div>
    </div>
    <div id="translator">
      <label for="direction">Direction</label><select id="direction"></select>
      <label for="file">Picture, or draw one</label><input id="file" type="file" accept="image/*">
      <label for="pen">Pen <output id="pensize">6 px</output></label><input id="pen" type="range" min="1" max="40" value="6">
      <div class="buttons"><button id="clear" type="button">Clear</button><button id="send" type="button">Translate</button></div>
    </div>
  </form>
  <section aria-live="polite">
    <p id="error" role="alert"></p>
    <div id="samples"><img id="large" alt="image of the seed"><div class="grid" id="grid"></div></div>
    <div id="translation" class="pair">
      <div><canvas id="canvas" width="256" height="256" tabindex="0" aria-label="drawing"></canvas></div>
      <div><img id="result" alt="translation"></div>
    </div>
  </section>
</main>
<script>
const $ = id => document.getElementById(id), pen = $("canvas").getContext("2d");
let models = [], model = null, waiting = 0;

function say(text) { $("error").textContent = text; }
function show(img, url) {
  return new Promise(done => { img.onload = () => { img.dataset.width = img.naturalWidth; done(); }; img.onerror = done; img.src = url; });
}
async function get(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) { say(await answer.text()); throw new Error(answer.status); }
  say(""); return answer;
}
function truncation() {
  const value = +$("truncation").value / 100;
  if (model.psi) return value;
  return value >= 1 ? 0 : Math.max(value * 3, 0.05);  // bound of the latents; 0: none
}
async function sample() {
  const mine = ++waiting, bound = truncation(), place = +$("step").value;
  $("stepped").textContent = place + " %";
  $("truncated").textContent = model.psi ? bound.toFixed(2) : bound ? bound.toFixed(2) : "none";
  const first = +$("crossover").value, mixes = model.layers && first < model.layers;
  $("crossed").textContent = mixes ? first + " of " + model.layers : "none";
  const mix = mixes ? {fine: $("fine").value || 0, crossover: first} : {};
  const query = seed => new URLSearchParams({model: model.name, seed, label: $("label").value || "", truncation: bound, ...mix});
  const walk = query($("seed").value || 0);
  walk.set("to", $("to").value || 0); walk.set("step", place);
  const answer = await get("sample?" + walk);
  if (mine !== waiting) return;
  await show($("large"), URL.createObjectURL(await answer.blob()));
  for (const [index, img] of [...$("grid").children].entries()) {
    if (mine !== waiting) return;
    await show(img, "sample?" + query(+($("seed").value || 0) + index + 1));
  }
}
async function translate(content) {
  const query = new URLSearchParams({model: model.name, direction: $("direction").value});
  const answer = await get("translate?" + query, {method: "POST", body: content});
  await show($("result"), URL.createObjectURL(await answer.blob()));
}
function drawn() { return new Promise(done => $("canvas").toBlob(done, "image/png")); }
function clear() { pen.fillStyle = "white"; pen.fillRect(0, 0, $("canvas").width, $("canvas").height); $("result").removeAttribute("src"); }
async function picture(file) {
  const image = await createImageBitmap(file), canvas = $("canvas");
  canvas.width = image.width; canvas.height = image.height; pen.drawImage(image, 0, 0);
  translate(file);
}
function choose() {
  model = models.find(each => each.name === $("model").value);
  const samples = model.kind === "sampler";
  $("sampler").hidden = $("samples").hidden = !samples;
  $("translator").hidden = $("translation").hidden = samples;
  if (samples) {
    $("labelled").hidden = !model.classes.length;
    $("label").replaceChildren(new Option("by the seed", ""), ...model.classes.map(name => new Option(name, name)));
    $("truncates").textContent = model.psi ? "psi" : "Bound of the latents";
    $("truncation").value = 100;
    $("mixing").hidden = !model.layers;
    $("crossover").max = model.layers; $("crossover").value = model.layers;
    $("grid").replaceChildren(...Array.from({length: 8}, (_, index) => Object.assign(new Image(), {alt: "seed + " + (index + 1)})));
    sample();
  } else {
    $("direction").replaceChildren(...Object.entries(model.directions).map(([value, name]) => new Option(name, value)));
    const [height, width] = (model.size || [256, 256]).map(side => side * Math.ceil(128 / side));
    $("canvas").width = width; $("canvas").height = height; clear();
  }
}
let last = null;
const place = event => { const box = $("canvas").getBoundingClientRect();
  return [(event.clientX - box.left) * $("canvas").width / box.width, (event.clientY - box.top) * $("canvas").height / box.height]; };
function line(from, to) {
  pen.lineWidth = $("pen").value; pen.lineCap = "round"; pen.strokeStyle = "black";
  pen.beginPath(); pen.moveTo(...from); pen.lineTo(...to); pen.stroke();
}
$("canvas").onpointerdown = event => { last = place(event); line(last, last); $("canvas").setPointerCapture(event.pointerId); };
$("canvas").onpointermove = event => { if (last) { const now = place(event); line(last, now); last = now; } };
$("canvas").onpointerup = async () => { last = null; translate(await drawn()); };
$("canvas").ondragover = event => event.preventDefault();
$("canvas").ondrop = event => { event.preventDefault(); if (event.dataTransfer.files.length) picture(event.dataTransfer.files[0]); };
$("file").onchange = () => { if ($("file").files.length) picture($("file").files[0]); };
$("pen").oninput = () => $("pensize").textContent = $("pen").value + " px";
$("clear").onclick = clear;
$("send").onclick = async () => translate(await drawn());
$("model").onchange = choose;
for (const id of ["seed", "to", "step", "truncation", "label", "fine", "crossover"]) $(id).oninput = () => sample().catch(() => 0);
get("models").then(answer => answer.json()).then(found => {
  models = found;
  $("model").replaceChildren(...models.map(each => new Option(each.name, each.name)));
  choose();
});
</script>
</html>
"""

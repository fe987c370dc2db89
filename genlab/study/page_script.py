"""The script of the page of a study. Its state is in the browser's storage after every step, so that a reload loses nothing."""

SCRIPT = """
"use strict";
const $ = id => document.getElementById(id), study = JSON.parse($("data").textContent);
const place = "genlab-study-" + study.hash, served = location.protocol.startsWith("http");
const CROSS = 500, FEEDBACK = 900;  // milliseconds
let state = null, begun = 0, ready = false, storing = true;

function random(bytes) { return [...crypto.getRandomValues(new Uint8Array(bytes))]; }
function fresh() {
  const participant = random(8).map(each => each.toString(16).padStart(2, "0")).join("");
  return {participant, form: null, practised: 0, answers: [], views: 0, saved: false, sent: false};
}
function restored() {
  try { return JSON.parse(localStorage.getItem(place)); } catch { return null; }
}
function keep() {
  try { localStorage.setItem(place, JSON.stringify(state)); } catch { storing = false; }
}
function only(id) { for (const each of ["consent", "trial", "done"]) $(each).hidden = each !== id; }
function wait(milliseconds) { return new Promise(done => setTimeout(done, milliseconds)); }
function painted() { return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); }

async function form() {  // the server balances the forms; without one, chance does
  if (served) try { return (await (await fetch("form", {cache: "no-store"})).json()).form; } catch { }
  const [a, b, c, d] = random(4);
  return (a + 256 * (b + 256 * (c + 256 * d))) % study.forms.length;
}
function current() {
  const practice = state.practised < study.practice.length;
  return {practice, trial: practice ? study.practice[state.practised] : study.forms[state.form][state.answers.length]};
}
function progress() {
  const all = state.form === null ? 1 : study.forms[state.form].length, given = state.answers.length;
  const practice = state.practised < study.practice.length;
  $("progress").max = all; $("progress").value = given;
  $("place").textContent = state.form === null || given === all ? ""
    : practice ? `Practice ${state.practised + 1} of ${study.practice.length}` : `${given + 1} of ${all}`;
}

let cover = null;
function mask() {  // a chessboard replaces an image after its time, so that no afterimage is left; noise would look like a check
  if (cover) return cover;
  const side = 16, canvas = Object.assign(document.createElement("canvas"), {width: side, height: side}), pen = canvas.getContext("2d");
  for (let index = 0; index < side * side; index++) {
    pen.fillStyle = (index + Math.floor(index / side)) % 2 ? "#fff" : "#000";
    pen.fillRect(index % side, Math.floor(index / side), 1, 1);
  }
  return cover = canvas.toDataURL();
}

async function present() {
  progress();
  if (state.form === null) return consent();
  const {trial} = current();
  if (!trial) return done();
  only("trial"); ready = false;
  $("question").textContent = study.question;
  $("feedback").textContent = "";
  $("source").hidden = !trial.source;
  if (trial.source) $("source").src = study.images[trial.source];
  const images = trial.shown.map((id, index) => Object.assign(new Image(),
    {src: study.images[id], alt: trial.shown.length > 1 ? ["left", "right"][index] + " image" : "image"}));
  const frames = images.map(image => { const frame = document.createElement("div"); frame.append(image); return frame; });
  $("stage").replaceChildren(...frames);
  const limit = study.exposure_milliseconds;
  if (limit !== null) frames.forEach(frame => frame.classList.add("cross"));
  await Promise.all([...images.map(image => image.decode()), limit === null ? 0 : wait(CROSS)]);
  await painted();  // also waits until the page is in sight
  state.views += 1; keep();
  frames.forEach(frame => frame.classList.remove("cross"));
  images.forEach(image => image.classList.add("seen"));
  begun = performance.now(); ready = true;
  for (const id of ["left", "right"]) $(id).disabled = false;
  if (limit !== null) {
    await wait(limit);
    images.forEach(image => { image.src = mask(); image.alt = "hidden"; });
  }
}
async function answer(key) {
  if (!ready) return;
  ready = false;
  for (const id of ["left", "right"]) $(id).disabled = true;
  const milliseconds = Math.round(performance.now() - begun), {practice, trial} = current(), views = state.views;
  state.views = 0;
  if (!practice) {
    state.answers.push({item: trial.item, answer: key, milliseconds, views}); keep();
    return present();
  }
  state.practised += 1; keep();
  if (trial.right !== null) {
    $("feedback").textContent = key === trial.right ? "Correct." : `Not correct: “${study.labels[trial.right]}” was right.`;
    await wait(FEEDBACK);
  }
  present();
}

function consent() {
  only("consent");
  $("text").textContent = study.consent;
  $("how").textContent = study.how;
  $("agree").focus();
}
async function agree() {
  if (state.form !== null) return;
  $("agree").disabled = true;
  const chosen = await form();
  $("agree").disabled = false;
  state.form = chosen; keep(); present();
}

function content() {
  const {participant, form, answers} = state;
  return JSON.stringify({study: study.name, hash: study.hash, participant, form, consent: true, answers}, null, 1);
}
async function done() {
  only("done");
  $("copy").value = content();
  $("thanks").textContent = "Thank you. " + (state.sent ? "Your answers have been received. You can close the page."
    : served ? "Sending your answers ..." : "Save your answers as a file, and send it to the person who gave you this page.");
  $("problem").textContent = storing ? "" : "This browser stores nothing: save the file before you close the page.";
  $("save").focus();
  if (served && !state.sent) await send();
}
async function send() {
  try {
    const reply = await fetch("answers", {method: "POST", body: content(), headers: {"Content-Type": "application/json"}});
    if (!reply.ok) throw new Error(await reply.text());
    state.sent = true; keep();
    $("thanks").textContent = "Thank you. Your answers have been received. You can close the page.";
  } catch (error) {
    $("thanks").textContent = "Thank you. Your answers are complete, but they could not be sent.";
    $("problem").textContent = `${error.message}. Save them as a file and send it, or reload the page to try again.`;
  }
}
function save() {
  const link = Object.assign(document.createElement("a"), {download: `${study.name}-${state.participant}.json`});
  link.href = URL.createObjectURL(new Blob([content()], {type: "application/json"}));
  link.click();
  state.saved = true; keep();
}
function again() {
  if (!state.saved && !state.sent) { $("problem").textContent = "Save the answers first: they would be lost."; return; }
  begin(fresh());
}
function begin(next) {
  state = next; keep();
  for (const each of document.getElementsByClassName("code")) each.textContent = state.participant;
  present();
}

document.addEventListener("keydown", event => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || $("trial").hidden) return;
  const key = {ArrowLeft: 0, ArrowRight: 1}[event.key];
  if (key !== undefined) { event.preventDefault(); answer(key); }
});
$("left").innerHTML = "<kbd>←</kbd> "; $("left").append(study.labels[0]);
$("right").append(study.labels[1]); $("right").insertAdjacentHTML("beforeend", " <kbd>→</kbd>");
$("left").onclick = () => answer(0);
$("right").onclick = () => answer(1);
$("agree").onclick = agree;
$("save").onclick = save;
$("again").onclick = again;
document.documentElement.style.setProperty("--shape", study.shape + "%");
begin(restored() || fresh());
"""

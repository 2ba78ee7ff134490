/** Puts the page together: enters, opens the job, and lets the parts of the page hear of each other. */

import { enter, follow, getJson } from "./api.js";
import { button, el } from "./dom.js";
import { SHORTCUTS, listen, redo, speak, undo } from "./keys.js";
import { isDarkNow, savedTheme, useTheme } from "./look.js";
import { mixer } from "./mixer.js";
import { Stage, byId } from "./stage.js";
import { Store } from "./store.js";
import { tools } from "./tools.js";
import { Transport } from "./transport.js";

const STAGES = /** @type {Record<string, string>} */ ({
  start: "Starting", read: "Reading the audio", separate: "Separating the stems", transcribe: "Hearing the notes", score: "Finding the beat",
});

/** @param {string} text @param {boolean} [isTrouble] */
function notice(text, isTrouble = false) {
  const box = byId("notice");
  box.textContent = text;
  box.hidden = !text;
  box.setAttribute("role", isTrouble ? "alert" : "status");
}

async function start() {
  useTheme(savedTheme());
  const job = await enter();
  if (!job) {
    await listJobs();
    return;
  }
  await open(job);
}

/** Without a job: a list of them to choose from. */
async function listJobs() {
  const { jobs } = await getJson("/api/jobs");
  document.body.classList.add("list");
  const rows = jobs.map((/** @type {any} */ j) => el("li", {}, el("a", { href: `/#job=${encodeURIComponent(j.id)}`, onclick: () => setTimeout(() => location.reload()) }, j.name || j.id), ` (${j.status.state}) ${j.status.message}`));
  byId("desk").replaceChildren(el("section", { class: "jobs" }, el("h2", {}, "Transcriptions"), rows.length ? el("ul", {}, ...rows) : el("p", {}, "There are none yet: transcribe an item in your DAW, or run 'dawscribe review song.wav'.")));
}

/** @param {string} job */
async function open(job) {
  const store = new Store(job);
  const transport = new Transport(() => `${store.base}/items/${store.itemIndex}`);
  const stage = new Stage(store, transport);
  const say = (/** @type {string} */ text) => { byId("status").textContent = text; };

  const theme = () => {
    useTheme(isDarkNow() ? "light" : "dark");
    stage.relook();
    store.say("look");
  };
  const toolbox = tools(byId("side"), store, stage, transport, say);
  const app = { store, stage, transport, say, theme, help, send: toolbox.send, rehear: toolbox.rehear, quantise: toolbox.quantise, stop: toolbox.stop };
  mixer(byId("parts"), store, transport, () => stage.look);
  listen(app);
  bar(app);

  store.addEventListener("load", () => {
    document.title = `${store.name}: dawscribe review`;
    byId("title").textContent = store.name;
    byId("title").title = store.name;
    if (store.item) transport.use(store.item);
    stage.layOut();
    status();
  });
  store.addEventListener("change", () => {
    if (store.item) transport.use(store.item);
    stage.layOut();
    status();
  });
  store.addEventListener("select", () => {
    stage.layOut();
    speak(app);
  });
  store.addEventListener("status", status);
  store.addEventListener("trouble", (event) => say(/** @type {CustomEvent} */ (event).detail));

  function status() {
    const s = store.status;
    if (s.state === "running") notice(`${STAGES[s.stage] ?? "Working"} … ${Math.round(s.fraction * 100)} %${s.eta_s ? `, about ${Math.ceil(s.eta_s)} s left` : ""}`);
    else if (s.state === "queued") notice("Waiting in line …");
    else if (s.state === "done") notice(store.item?.parts.some((p) => p.notes.size || p.ghosts.size) ? "" : "No notes were heard in this item.");
    else notice(s.state === "failed" ? s.message : "This job was cancelled.", true);
  }

  await store.load();
  stage.resize();
  stage.fit();
  if (!store.isDone) await store.loadPartial();
  speak(app);
  follow(job, (message) => void store.take(message).catch((error) => say(error.message)), (isOpen) => {
    byId("saved").dataset.open = String(isOpen);
    if (!isOpen) say("The daemon does not answer; the page goes on trying. If it was started anew, run 'dawscribe review' again: nothing saved is lost.");
    else if (store.isCut) void store.reload();
  });
  // For the tests, and for whoever looks under the hood.
  Object.assign(globalThis, { dawscribe: app });
  document.documentElement.dataset.ready = "true";
}

/** The buttons above. @param {import("./keys.js").App} app */
function bar(app) {
  const { store, stage, transport } = app;
  const input = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (byId(id));
  const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
  on("play", () => void transport.toggle());
  on("to-start", () => { transport.seek(0); stage.view.start = 0; stage.redraw(); });
  on("undo", () => undo(app));
  on("redo", () => redo(app));
  on("zoom-in", () => { stage.view.zoom(1.5, stage.view.width / 2); stage.redraw(); });
  on("zoom-out", () => { stage.view.zoom(1 / 1.5, stage.view.width / 2); stage.redraw(); });
  on("theme", app.theme);
  on("help", help);
  on("send", app.send);
  on("loop", () => store.say("loop"));
  input("speed").addEventListener("change", () => transport.setSpeed(Number(input("speed").value)));
  input("compare").addEventListener("change", () => transport.setCompare(input("compare").value));
  input("snap").addEventListener("change", () => { stage.snap = Number(input("snap").value); });
  store.addEventListener("loop", () => {
    stage.loops = !stage.loops && store.range !== null;
    if (!store.range) app.say("Mark a range first: drag on the ruler, or use the keys [ and ].");
    transport.setLoop(stage.loops ? store.range : null);
    stage.redraw();
  });
  store.addEventListener("range", () => {
    if (!store.range) stage.loops = false;
    if (stage.loops || transport.loop) transport.setLoop(stage.loops ? store.range : null);
    stage.redraw();
  });
  transport.addEventListener("state", () => {
    byId("play").textContent = transport.isPlaying ? "❚❚" : "▶";
    byId("play").setAttribute("aria-label", transport.isPlaying ? "Pause" : "Play");
    byId("loop").setAttribute("aria-pressed", String(transport.loop !== null));
    input("speed").value = String(transport.speed);
    input("compare").value = transport.compare;
  });
  const edits = () => {
    /** @type {HTMLButtonElement} */ (byId("undo")).disabled = store.cursor === 0;
    /** @type {HTMLButtonElement} */ (byId("redo")).disabled = store.cursor >= store.edits.length;
    byId("undo").title = store.cursor ? `Undo: ${store.edits[store.cursor - 1].label} (Ctrl+Z)` : "Undo (Ctrl+Z)";
    /** @type {HTMLButtonElement} */ (byId("send")).disabled = !store.isDone;
  };
  for (const kind of ["load", "change"]) store.addEventListener(kind, edits);
  store.addEventListener("saving", () => { byId("saved").textContent = store.isCut ? "Not saved" : store.isSaved ? "Saved" : "Saving …"; });
  setInterval(() => {
    const at = transport.position;
    const qn = stage.tempo.toQn(at);
    const beat = stage.beats[Math.max(0, Math.min(stage.beats.length - 1, Math.floor(qn + 1e-6)))];
    byId("clock").textContent = `${Math.floor(at / 60)}:${(at % 60).toFixed(1).padStart(4, "0")}${beat ? `  ${beat.bar}.${beat.beat + 1}` : ""}`;
  }, 100);
}

function help() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  const groups = [...new Set(SHORTCUTS.map((s) => s.group))].map((group) => el("section", {}, el("h3", {}, group), el("table", {}, el("tbody", {},
    ...SHORTCUTS.filter((s) => s.group === group).map((s) => el("tr", {}, el("td", {}, ...s.keys.flatMap((k, i) => (i ? [" ", el("kbd", {}, k)] : [el("kbd", {}, k)]))), el("td", {}, s.text)))))));
  // The heading has the focus: with the button below it a small window would show the end of the list.
  dialog.replaceChildren(el("h2", { id: "dialog-title", tabindex: "-1", autofocus: true }, "Shortcuts"), el("div", { class: "columns" }, ...groups),
    el("p", {}, "Mouse: click a dotted candidate to add it, drag notes to move them, their ends to change the length; drag over nothing to select; double-click for a new note. Drag on the ruler marks a range, with Alt it moves a beat, with Alt and Shift the bar lines. Wheel scrolls, Ctrl and wheel zooms."),
    button("Close", () => dialog.close()));
  dialog.showModal();
}

start().catch((error) => {
  notice(error.message ?? String(error), true);
  document.documentElement.dataset.ready = "failed";
});

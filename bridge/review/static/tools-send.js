/** Sending: the next version for the DAW, earlier versions, and files. */

import { getBytes, post } from "./api.js";
import { button, el } from "./dom.js";

/** @typedef {import("./tools.js").Kit} Kit */

/** A browser has taken a file by then, however large. */
const KEPT_MS = 60000;

/** @param {Kit} kit */
export function sendTools({ store, say, state }) {
  async function send() {
    if (!store.isDone || state.busy) return;
    state.busy = true;
    say("Making a new version …");
    try {
      await store.settled();
      const answer = await post(`${store.base}/send`, { seq: store.seq });
      await store.load();
      // Said last: whoever reads it may send the next one.
      say(`Version ${answer.revision} is ready; the DAW's script takes it over ("Update transcription").`);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    } finally {
      state.busy = false;
    }
  }

  function versionsBody() {
    const rows = store.versions.map((/** @type {any} */ v) => el("li", {}, `${v.revision ? `Version ${v.revision}` : "Draft"}: ${v.label} `,
      v.revision === store.revision ? "(now)" : button("Go back", async () => {
        try {
          await post(`${store.base}/restore`, { seq: store.seq, version: v.name });
          await store.load();
        } catch (error) {
          say(/** @type {Error} */ (error).message);
        }
      }, { "aria-label": `Go back to ${v.revision ? `version ${v.revision}` : "this draft"}` })));
    const made = store.edits.slice(0, store.cursor);
    return [
      el("p", {}, made.length ? `${made.length} changes, the last: ${made[made.length - 1].label}` : "Nothing was changed yet."),
      rows.length ? el("ul", {}, ...rows) : null,
    ];
  }

  /** Save a file once it is made; what cannot be made is said. @param {string} path @param {string} file @param {string} type */
  async function save(path, file, type) {
    say(`Writing ${file} …`);
    try {
      await store.settled();
      const url = URL.createObjectURL(new Blob([await getBytes(path)], { type }));
      el("a", { href: url, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
      say(`${file} is saved where the browser puts downloads.`);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  }

  function filesBody() {
    const base = `${store.base}/items/${store.itemIndex}`;
    const part = store.part;
    const link = (/** @type {string} */ text, /** @type {string} */ path, /** @type {string} */ file, /** @type {string} */ type) => {
      const made = el("a", {
        href: path, download: file, draggable: "true",
        onclick: (/** @type {Event} */ e) => {
          e.preventDefault();
          void save(path, file, type);
        },
        ondragstart: (/** @type {DragEvent} */ e) => {
          // Browsers that can, let the file be dropped into a folder or a DAW.
          e.dataTransfer?.setData("DownloadURL", `${type}:${file}:${new URL(path, location.href).href}`);
        },
      }, text);
      return el("li", {}, made);
    };
    const name = store.item.name || "song";
    const one = part ? `?part=${encodeURIComponent(part.id)}` : "";
    return [
      el("p", {}, "As it is corrected now. MIDI can be dragged out of the page."),
      el("ul", {},
        link("MIDI, all parts", `${base}/export/midi`, `${name}.mid`, "audio/midi"),
        part ? link(`MIDI, ${part.name}`, `${base}/export/midi${one}`, `${name} ${part.name}.mid`, "audio/midi") : null,
        part ? link(`MusicXML, ${part.name}`, `${base}/export/musicxml${one}`, `${name} ${part.name}.musicxml`, "application/xml") : null,
        link("DAWproject", `${base}/export/dawproject`, `${name}.dawproject`, "application/zip"),
        link("REAPER project", `${base}/export/rpp`, `${name}.rpp`, "text/plain"),
        link("Ardour session", `${base}/export/ardour`, `${name}.zip`, "application/zip"),
        ...store.item.sources.map((s) => link(s.name === "mix" ? "WAV, original" : `WAV, stem ${s.name}`, `${base}/stem/${s.name}`, `${name} ${s.name}.wav`, "audio/wav"))),
    ];
  }

  return { versionsBody, filesBody, send: () => void send() };
}

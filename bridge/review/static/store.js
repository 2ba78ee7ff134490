/** The open job: the result, what was changed, what is selected. Changes are shown at once and saved in order. */

import { Item } from "./model.js";
import { Refusal, getJson, post } from "./api.js";

/** @typedef {import("./model.js").Edit} Edit */
/** @typedef {import("./model.js").Note} Note */
/** @typedef {import("./model.js").Part} Part */

const PAGE = Math.random().toString(36).slice(2, 12);

export class Store extends EventTarget {
  /** @param {string} job */
  constructor(job) {
    super();
    this.job = job;
    /** @type {any} */ this.status = {};
    this.name = "";
    this.host = "";
    this.revision = 1;
    /** @type {any[]} */ this.versions = [];
    /** @type {string[]} */ this.engines = [];
    /** @type {Item[]} */ this._base = [];
    /** @type {Item[]} */ this.items = [];
    /** @type {Edit[]} */ this.edits = [];
    this.cursor = 0;
    this.seq = 0;
    this.itemIndex = 0;
    this.partIndex = 0;
    /** @type {Set<string>} ids of notes of the active part */ this.selection = new Set();
    /** @type {[number, number] | null} */ this.range = null;
    /** @type {Promise<void>} */ this._saving = Promise.resolve();
    this._unsaved = 0;
    /** The daemon did not answer: what is shown is not what it has, and nothing can be changed until it is loaded anew. */ this.isCut = false;
    this._serial = 0;
  }

  get base() { return `/api/jobs/${encodeURIComponent(this.job)}`; }
  get item() { return this.items[this.itemIndex]; }
  /** @returns {Part | undefined} */
  get part() { return this.item?.parts[this.partIndex]; }
  get isDone() { return this.status.state === "done"; }

  /** Load everything anew. */
  async load() {
    const data = await getJson(this.base);
    this.name = data.name;
    this.host = data.host;
    this.status = data.status;
    this.revision = data.revision ?? 1;
    this.versions = data.versions ?? [];
    this.engines = data.engines ?? [];
    this._base = data.items.map((/** @type {any} */ i) => new Item(i));
    this.edits = data.edits;
    this.cursor = data.cursor;
    this.seq = data.seq;
    this.isCut = false;
    this._rebuild();
    this.say("load");
  }

  /** Load everything anew after a time without an answer. */
  async reload() {
    try {
      await this.load();
    } catch (error) {
      this.complain(/** @type {Error} */ (error).message);
    }
    this.say("saving");
  }

  /** @param {string} message */
  complain(message) { this.dispatchEvent(new CustomEvent("trouble", { detail: message })); }

  /** @returns {boolean} whether nothing can be changed now */
  _isStopped() {
    if (this.isCut) this.complain("The daemon does not answer, so nothing can be changed; open the page again with 'dawscribe review'.");
    return this.isCut;
  }

  _rebuild() {
    this.items = this._base.map((item, i) =>
      this.edits.slice(0, this.cursor).filter((e) => e.item === i).reduce((it, e) => it.apply(e.ops), item));
    this.itemIndex = Math.min(this.itemIndex, this.items.length - 1);
    this.partIndex = Math.max(0, Math.min(this.partIndex, (this.item?.parts.length ?? 1) - 1));
    this._prune();
  }

  _prune() {
    const part = this.part;
    this.selection = new Set([...this.selection].filter((id) => part?.notes.has(id) || part?.ghosts.has(id)));
  }

  /** @param {string} kind */
  say(kind) { this.dispatchEvent(new CustomEvent(kind)); }

  /** @param {number} index */
  choosePart(index) {
    const count = this.item?.parts.length ?? 0;
    if (!count) return;
    const next = Math.max(0, Math.min(count - 1, index));
    if (next !== this.partIndex) {
      this.partIndex = next;
      this.selection = new Set();
    }
    this.say("select");
  }

  /** @param {Iterable<string>} ids */
  select(ids) {
    this.selection = new Set(ids);
    this.say("select");
  }

  /** @returns {Note[]} the selected notes of the active part, by onset */
  get selected() {
    const part = this.part;
    return part ? [...this.selection].flatMap((id) => part.notes.get(id) ?? []).sort((a, b) => a.on - b.on) : [];
  }

  /** Why notes of a part were left out, by their id: when it was heard, or when it was asked again. @param {string} partId @returns {Map<string, string>} */
  reasons(partId) {
    const part = this._base[this.itemIndex]?.parts.find((p) => p.id === partId);
    /** @type {Map<string, string>} */
    const found = new Map([...(part?.ghosts.values() ?? [])].map((n) => [n.id, n.reason ?? ""]));
    for (const edit of this.edits.slice(0, this.cursor)) {
      if (edit.item !== this.itemIndex) continue;
      for (const op of edit.ops) if (op.op === "ghosts" && op.part === partId) for (const row of op.put ?? []) found.set(row[0], row[6] ?? "");
    }
    return found;
  }

  /** @returns {string} an id for a new note */
  newId() {
    this._serial++;
    return `e${PAGE}${this._serial}`;
  }

  /** Items as they would be after operations, for previews. @param {import("./model.js").Operation[]} ops */
  preview(ops) {
    return this.item.apply(ops);
  }

  /**
   * Change something: shown at once, saved behind.
   * @param {string} label @param {import("./model.js").Operation[]} ops @returns {boolean} whether it could be
   */
  change(label, ops) {
    if (!this.isDone || !ops.length || this._isStopped()) return false;
    const edit = { label, item: this.itemIndex, ops };
    this.items = this.items.with(this.itemIndex, this.item.apply(ops));
    this.edits = [...this.edits.slice(0, this.cursor), edit];
    this.cursor++;
    this._prune();
    this.say("change");
    this._save({ action: "append", edit });
    return true;
  }

  /** @returns {boolean} whether there was something to undo */
  undo() { return this._step(-1, "undo"); }
  /** @returns {boolean} whether there was something to redo */
  redo() { return this._step(1, "redo"); }

  /** Take a change back or make it again, and look at the item that it is of. @param {number} by @param {string} action */
  _step(by, action) {
    const edit = this.edits[by < 0 ? this.cursor - 1 : this.cursor];
    if (!edit || this._isStopped()) return false;
    const isElsewhere = edit.item !== this.itemIndex;
    this.itemIndex = edit.item;
    this.cursor += by;
    this._rebuild();
    this.say(isElsewhere ? "load" : "change");
    this._save({ action });
    return true;
  }

  get isSaved() { return this._unsaved === 0 && !this.isCut; }
  /** Wait until all is saved. */
  async settled() { await this._saving; }

  /** @param {object} request */
  _save(request) {
    this._unsaved++;
    this.say("saving");
    this._saving = this._saving.then(async () => {
      // What came before it is not saved: neither is this.
      if (this.isCut) return;
      try {
        const answer = await post(`${this.base}/edits`, { seq: this.seq, page: PAGE, ...request });
        this.seq = answer.seq;
        this._unsaved--;
      } catch (error) {
        this._unsaved = 0;
        this.isCut = true;
        if (error instanceof Refusal && error.status >= 400) await this.reload();
        this.complain(error instanceof Refusal ? error.message : "The change could not be saved.");
      }
      this.say("saving");
    });
  }

  /** Take a message of the daemon. @param {any} message */
  async take(message) {
    if (message.type === "status") {
      const before = this.status.state;
      this.status = message.status;
      if (this.status.state === "done" && before !== "done") await this.load();
      else this.say("status");
    } else if (message.type === "partial") {
      await this.loadPartial();
    } else if (message.type === "edits" && message.page !== PAGE) {
      await this._saving;
      if (message.seq !== this.seq) await this.load();
    } else if (message.type === "revision") {
      await this._saving;
      await this.load();
    }
  }

  /** The first notes of a running job. */
  async loadPartial() {
    if (this.isDone) return;
    const data = await getJson(`${this.base}/partial`);
    (data.items ?? []).forEach((/** @type {any} */ found, /** @type {number} */ i) => {
      const item = this.items[i];
      if (!item) return;
      const parts = found.parts.map((/** @type {any} */ p, /** @type {number} */ k) => ({
        id: p.id ?? p.role, name: p.name ?? capital(p.role), stem: p.stem ?? p.role, program: 0,
        is_drums: p.is_drums ?? p.role === "drums",
        notes: p.notes.map((/** @type {any} */ row, /** @type {number} */ n) => [`${k}.${n}`, row[0], row[1], row[2], row[3], row[4] ?? 1]),
      }));
      this.items = this.items.with(i, new Item({ ...rawOf(item), parts }));
    });
    this.say("change");
  }
}

/** @param {string} text */
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** @param {Item} item */
function rawOf(item) {
  return { name: item.name, length_s: item.length, sources: item.sources, tempo: { points: item.tempo, confident: item.confident } };
}

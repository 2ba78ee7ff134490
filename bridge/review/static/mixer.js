/** The left panel: original, stems and parts with mute, solo and level; choosing a part. */

import { button, counted, el, fill } from "./dom.js";
import { PROGRAMS } from "./gm.js";
import { partColour } from "./look.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./transport.js").Transport} Transport */

/** @param {HTMLElement} panel @param {Store} store @param {Transport} transport @param {() => import("./look.js").Look} look */
export function mixer(panel, store, transport, look) {
  const draw = () => fill(panel, () => {
    const item = store.item;
    if (!item) return [];
    const items = store.items.length > 1
      ? [el("h2", {}, "Items"), ...store.items.map((it, i) => button(it.name || `Item ${i + 1}`, () => {
        store.itemIndex = i;
        store.choosePart(0);
        store.say("load");
      }, { "aria-pressed": String(i === store.itemIndex), "data-key": `item${i}` }))]
      : [];
    const parts = item.parts.map((part, i) => {
      const isActive = i === store.partIndex;
      const instrument = part.isDrums ? "drum kit" : PROGRAMS[part.program];
      return el("div", { class: isActive ? "part active" : "part", colour: partColour(look(), i) },
        el("div", { class: "row" },
          button(part.name, () => store.choosePart(i), { class: "name", "aria-pressed": undefined, "aria-current": isActive ? "true" : undefined, "data-key": `part${i}`, title: `Part ${i + 1} (key ${i + 1})` }),
          ...switches(part.id, part.name)),
        el("small", {}, `${instrument}, ${counted(part.notes.size)}`),
        level(part.id, part.name));
    });
    const sources = item.sources.map((source) => {
      const name = source.name === "mix" ? "Original" : `Stem ${source.name}`;
      return el("div", { class: "part" },
        el("div", { class: "row" }, el("span", { class: "name" }, name), ...switches(`~${source.name}`, name)), level(`~${source.name}`, name));
    });
    return [...items, el("h2", {}, "Notes"), ...parts, el("h2", {}, "Sound"), ...sources];
  });

  /** @param {string} key @param {string} name */
  function switches(key, name) {
    const strip = transport.strip(key);
    const flip = (/** @type {"isMuted" | "isSolo"} */ what) => {
      strip[what] = !strip[what];
      transport.mix();
      draw();
    };
    return [
      button("M", () => flip("isMuted"), { class: "small", "aria-label": `Mute ${name}`, "aria-pressed": String(strip.isMuted), "data-key": `m${key}`, title: "Mute" }),
      button("S", () => flip("isSolo"), { class: "small", "aria-label": `Solo ${name}`, "aria-pressed": String(strip.isSolo), "data-key": `s${key}`, title: "Solo" }),
    ];
  }

  /** @param {string} key @param {string} name */
  function level(key, name) {
    const strip = transport.strip(key);
    const slider = el("input", {
      type: "range", min: "0", max: "1", step: "0.01", value: String(strip.level), "aria-label": `Level of ${name}`, "data-key": `l${key}`,
      oninput: () => {
        strip.level = Number(slider.value);
        transport.mix();
      },
    });
    return slider;
  }

  for (const kind of ["load", "change", "select", "look"]) store.addEventListener(kind, draw);
  return draw;
}

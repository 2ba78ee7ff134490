/** A few helpers to make elements; text is always text, never markup. */

/**
 * @param {string} tag @param {Record<string, any>} [attributes] "on..." are listeners, `dataset` and `style` objects
 * @param {(Node | string | null | undefined)[]} children @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "colour") made.style.setProperty("--part", value);
    else if (name === "value") /** @type {HTMLInputElement} */ (made).value = value;
    else if (name === "checked" || name === "disabled" || name === "selected" || name === "open") /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((c) => c !== null && c !== undefined).map((c) => /** @type {Node | string} */ (c)));
  return made;
}

let serial = 0;

/** A labelled field of the side panel. @param {string} label @param {HTMLElement} input @returns {HTMLElement} */
export function field(label, input) {
  input.id ||= `field-${++serial}`;
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input);
}

/** @param {string} text @param {() => void} action @param {Record<string, any>} [attributes] @returns {HTMLButtonElement} */
export function button(text, action, attributes = {}) {
  return el("button", { type: "button", onclick: action, ...attributes }, text);
}

/** @param {string} label @param {boolean} isOn @param {(isOn: boolean) => void} onChange @param {boolean} [disabled] @returns {HTMLElement} */
export function check(label, isOn, onChange, disabled = false) {
  const box = el("input", { type: "checkbox", checked: isOn, disabled, onchange: () => onChange(box.checked) });
  return el("label", { class: "check" }, box, label);
}

/** @param {[string, string][]} choices value and text @param {string} value @param {(value: string) => void} onChange @returns {HTMLSelectElement} */
export function select(choices, value, onChange) {
  const made = el("select", { onchange: () => onChange(made.value) }, ...choices.map(([v, text]) => el("option", { value: v }, text)));
  made.value = value;
  return made;
}

/** Change what a panel shows and keep the focus where it was. @param {HTMLElement} panel @param {() => (Node | null)[]} make */
export function fill(panel, make) {
  const focused = panel.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
  panel.replaceChildren(.../** @type {Node[]} */ (make().filter(Boolean)));
  if (focused) /** @type {HTMLElement | null} */ (panel.querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
}

/** @param {number} count @param {string} [what] @returns {string} such as "1 note" and "2 notes" */
export const counted = (count, what = "note") => `${count} ${what}${count === 1 ? "" : "s"}`;

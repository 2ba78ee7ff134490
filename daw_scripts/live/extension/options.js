// The dialog with the options of a transcription.
"use strict";

const ROLES = ["drums", "bass", "vocals", "guitar", "piano", "other"];
const GRIDS = ["1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32"];
const STYLE = `body{font:13px system-ui;margin:16px;background:#2b2b2b;color:#ddd}
label{display:block;margin:4px 0}button,select{margin-top:10px;font:inherit}`;
/** Sends what is chosen as Live wants it of its dialogs. */
const SCRIPT = `document.forms[0].onsubmit = (e) => {
  e.preventDefault();
  const stems = [...document.querySelectorAll("input:checked")].map((box) => box.value);
  const answer = JSON.stringify({ go: true, stems, quantise: document.querySelector("select").value });
  const host = window.webkit ? window.webkit.messageHandlers.live : window.chrome.webview;
  host.postMessage({ method: "close_and_send", params: [answer] });
}`;

/**
 * What the user chose in the dialog, kept to what the protocol knows.
 * @param {string} text
 * @returns {object | null} null: closed without a choice
 */
function chosen(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  if (!given || typeof given !== "object" || given.go !== true) return null;
  const stems = Array.isArray(given.stems) ? ROLES.filter((role) => given.stems.includes(role)) : [];
  return {
    ...(stems.length && stems.length < ROLES.length ? { stems } : {}),
    ...(GRIDS.includes(given.quantise) ? { quantise: given.quantise } : {}),
  };
}

/** The page of the dialog, with its script inside. */
function optionsPage() {
  const boxes = ROLES.map((r) => `<label><input type="checkbox" value="${r}" checked> ${r}</label>`).join("");
  const grids = ["", ...GRIDS].map((g) => `<option value="${g}">${g || "as played"}</option>`).join("");
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><form><b>Parts</b>${boxes}
<label>Notes on the grid <select>${grids}</select></label><button>Transcribe</button></form><script>${SCRIPT}</script>`;
}

module.exports = { chosen, optionsPage };

// Live's dialogs: a page, a sentence, the progress.
"use strict";

/** @import { Dialog, Ui } from "./host-api" */

/**
 * Show a page of plain HTML and wait for its answer; empty where it was closed.
 * @param {Ui} ui
 * @param {string} page
 * @param {number} width
 * @param {number} height
 * @returns {Promise<string>}
 */
function ask(ui, page, width, height) {
  const url = `data:text/html;charset=utf-8,${encodeURIComponent(page)}`;
  return new Promise((resolve) => ui.showModalDialog(url, width, height, resolve, () => resolve("")));
}

/**
 * Show a sentence: Live has no other window for it than a dialog with a page.
 * @param {Ui} ui
 * @param {string} text
 */
function say(ui, text) {
  const safe = text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const style = "font:13px system-ui;margin:16px;background:#2b2b2b;color:#ddd";
  return ask(ui, `<!doctype html><meta charset="utf-8"><body style="${style}">${safe}</body>`, 420, 140);
}

/** Live's progress dialog. */
class Progress {
  /**
   * @param {Ui} ui
   * @param {() => void} onCancelled
   */
  constructor(ui, onCancelled) {
    /** @type {Dialog | null} */
    this.dialog = null;
    this.isOver = false;
    ui.showProgressDialog({ text: "dawscribe", progress: 0 }, (shown) => this.take(shown), onCancelled);
  }

  /** @param {Dialog} shown */
  take(shown) {
    this.dialog = shown;
    // What is refused at once is over before Live has opened its dialog, which nobody would close.
    if (this.isOver) void this.close();
  }

  /**
   * @param {string} text
   * @param {number} [progress] 0 to 100
   */
  show(text, progress) {
    this.dialog?.update(progress === undefined ? { text } : { text, progress });
  }

  /** @returns {Promise<void>} */
  close() {
    this.isOver = true;
    return new Promise((resolve) => (this.dialog ? this.dialog.close(() => resolve()) : resolve()));
  }
}

module.exports = { Progress, ask, say };

// The way to dawscribe's home, which lies outside of the folders that Live opens to an extension.
"use strict";

const { spawn } = require("node:child_process");
const { Sentence } = require("./sentence");

/** A started daemon needs some seconds, a busy machine ten times that. */
const ANSWER_MS = 45_000;
const GONE = 'dawscribe cannot be reached; run "dawscribe setup live" and restart Live.';

/** The program that reaches dawscribe's home, asked by lines of JSON. */
class Relay {
  /** @param {string[]} command */
  constructor(command) {
    this.number = 0;
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    const [program, ...words] = command;
    if (program === undefined) throw new Sentence('dawscribe is not set up; run "dawscribe setup live" once.');
    this.child = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"], windowsHide: true });
    this.child.on("error", () => this.end());
    this.child.on("exit", () => this.end());
    this.child.stdin.on("error", () => this.end());
    this.listen();
  }

  /** Take line after line of what the program answers. */
  listen() {
    let rest = "";
    this.child.stdout.setEncoding("utf8");
    this.child.stdout.on("data", (/** @type {string} */ text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.take(line);
    });
  }

  /** @param {string} line */
  take(line) {
    try {
      const answer = JSON.parse(line);
      this.waiting.get(answer.n)?.(answer);
      this.waiting.delete(answer.n);
    } catch {
      this.end();
    }
  }

  /** Answer all who wait: nobody else will. */
  end() {
    for (const answer of this.waiting.values()) answer({ ok: false, error: GONE });
    this.waiting.clear();
    this.over = true;
  }

  /**
   * @param {string} what
   * @param {object} [more]
   * @returns {Promise<any>}
   */
  ask(what, more = {}) {
    const n = ++this.number;
    return new Promise((resolve, reject) => {
      const silent = JSON.stringify({ n, ok: false, error: "dawscribe does not answer." });
      const timer = setTimeout(() => this.take(silent), ANSWER_MS);
      this.waiting.set(n, (answer) => {
        clearTimeout(timer);
        if (answer.ok === true) resolve(answer);
        else reject(new Sentence(String(answer.error)));
      });
      if (this.over) this.end();
      else this.child.stdin.write(`${JSON.stringify({ ...more, n, do: what })}\n`);
    });
  }

  close() {
    this.child.stdin.end();
  }
}

module.exports = { Relay };

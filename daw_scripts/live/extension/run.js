// What the steps of one transcription share.
"use strict";

const { randomBytes } = require("node:crypto");
const { LiveSet } = require("./live-set");
const { Renders } = require("./renders");

/** @import { ExtensionHost } from "./host-api" */
/** @import { Relay } from "./relay" */

/** One transcription, from the click to the tracks. */
class Run {
  /**
   * @param {ExtensionHost} host
   * @param {Relay} relay
   * @param {object} options of the request
   */
  constructor(host, relay, options) {
    this.relay = relay;
    this.options = options;
    this.resources = host.resources;
    this.set = new LiveSet(host.dataModel);
    this.id = `live-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString("hex")}`;
    this.renders = new Renders(host, this.id);
    /** @type {string[]} what the musician reads at the end */
    this.said = [];
    this.cancelled = false;
    /** The daemon may still read the renders. */
    this.isUnderWay = false;
  }

  /**
   * Ask the relay about this job.
   * @param {string} what
   * @param {object} [more]
   */
  ask(what, more = {}) {
    return this.relay.ask(what, { id: this.id, ...more });
  }
}

module.exports = { Run };

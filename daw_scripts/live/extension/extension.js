// dawscribe in Ableton Live: right-click an audio clip, and get it back as MIDI tracks.
//
// Live's entry. Set-up joins it and what it requires into one file (bridge/hosts/live/bundle.py), since Live's host
// finds no modules; none of the SDK's code is in it: it calls the host that Live hands over. Live shuts the files of an
// extension into folders of its own, so everything that dawscribe must know goes through a program that this one starts
// ("dawscribe relay", lines of JSON). Where dawscribe's Remote Script runs in the same Live, it inserts the tracks (in
// one undo step, with colours); else this does, in three steps and one for each instrument.
"use strict";

const { ask, say } = require("./dialogs");
const { chosen, optionsPage } = require("./options");
const { transcribe } = require("./transcription");

/** @import { Activation, ExtensionHost, Ui } from "./host-api" */
/** @typedef {(argument: unknown) => Promise<void>} Work */

/**
 * Live's entry: put the two actions into the menus.
 * @param {Activation} activation
 */
function activate(activation) {
  const host = activation.initializeExtensionHost({ apiVersion: "1.0.0" });
  const guarded = oneAtATime(host.ui);
  host.commands.registerCommand("dawscribe.transcribe", guarded((argument) => transcribe(host, argument, {})));
  host.commands.registerCommand("dawscribe.options", guarded((argument) => transcribeWithOptions(host, argument)));
  addMenus(host.ui);
}

/**
 * Make callbacks for the menus, of which one works at a time.
 * @param {Ui} ui
 */
function oneAtATime(ui) {
  let busy = false;
  return (/** @type {Work} */ work) => (/** @type {unknown} */ argument) => {
    // The callback must return at once, and an error that nobody catches would end every extension of this Live.
    if (busy) return void say(ui, "A transcription is under way already; wait for it or cancel it.").catch(() => {});
    busy = true;
    work(argument).catch((reason) => console.error("dawscribe:", reason)).finally(() => (busy = false));
  };
}

/**
 * @param {ExtensionHost} host
 * @param {unknown} argument
 */
async function transcribeWithOptions(host, argument) {
  const options = chosen(String(await ask(host.ui, optionsPage(), 320, 340)));
  if (options) await transcribe(host, argument, options);
}

/** @param {Ui} ui */
function addMenus(ui) {
  const add = (/** @type {string} */ scope, /** @type {string} */ title, /** @type {string} */ command) =>
    ui.registerContextMenuAction(scope, title, command, () => {});
  for (const scope of ["AudioClip", "AudioTrack.ArrangementSelection"]) {
    add(scope, "Transcribe with dawscribe", "dawscribe.transcribe");
    add(scope, "Transcribe with dawscribe, with options...", "dawscribe.options");
  }
  add("ClipSlotSelection", "Transcribe the selected clips with dawscribe", "dawscribe.transcribe");
}

module.exports = { activate };

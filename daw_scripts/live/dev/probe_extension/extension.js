// Asks a real Live Suite what could not be known of extensions without one, and writes the answers down. Right-click an
// audio clip of a few bars in the Arrangement of a Set that may be spoiled: Extensions > dawscribe probe.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const TRACKS = 3, BARS = 4, BEATS = 4;
const FOR_YOU = `
For your eyes and ears, please add the answers:
 1. Which Live is it, a beta or a release? Did the .ablx install by dropping it on Settings > Extensions?
 2. Does it work, too, when its folder is copied to Application Support/Ableton/Extensions (on Windows: where)?
 3. The probe made ${TRACKS} tracks in one transaction and took them out. How often must you press Undo until nothing is left of that?
 4. Turn the clip's gain down by 12 dB, transpose it by +12, reverse it, draw a fade, one after the other, and probe each time:
    does "render: loudest" change with gain and fade, and is the new file (its path is below) what you hear?
 5. Draw tempo automation under the clip and probe: do the seconds of the bars follow it?
 6. With dawscribe's Remote Script chosen too: right-click > Transcribe with dawscribe. How many seconds pass between the end of the
    progress and the tracks?
 7. Press Cancel in dawscribe's progress dialog: does it close, and is the job cancelled ("dawscribe status")?
`;

/** Lines of answers; a question that fails is an answer too. */
class Report {
  constructor() {
    this.lines = [`dawscribe_probe, extension, ${new Date().toISOString()}`];
  }

  async ask(question, answer) {
    let found;
    try {
      found = await answer();
    } catch (reason) {
      found = `fails: ${reason && (reason.code || reason.message || reason)}`;
    }
    this.lines.push(`${question}: ${typeof found === "string" ? found : JSON.stringify(found, (_, v) => (typeof v === "bigint" ? `${v}n` : v))}`);
    return found;
  }
}

async function probe(host, activation, clip) {
  const report = new Report(), model = host.dataModel;
  const song = model.rootGetSong(model.getRoot());
  await report.ask("API version", () => activation.hostApiVersion);
  await report.ask("Node and its flags", () => [process.version, ...process.execArgv]);
  await report.ask("folders", () => [host.environment.storageDirectory, host.environment.tempDirectory]);
  await report.ask("globals that are missing", () => ["URL", "fetch", "AbortController", "structuredClone", "Blob"].filter((n) => !(n in globalThis)));
  await report.ask("reading the home folder", () => fs.readdirSync(os.homedir()).length);
  await report.ask("a program's words", () => words(process.platform === "win32" ? ["cmd", "/c", "echo hello"] : ["/bin/echo", "hello"]));
  await report.ask("a change outside a transaction", () => model.clipSetName(clip, model.clipGetName(clip)) ?? "is taken");
  await clipAnswers(report, model, clip);
  await renderAnswers(report, host, song, clip);
  await trackAnswers(report, model, song);
  return report;
}

function words([program, ...rest]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more) => (text += more));
    child.on("error", reject).on("close", () => resolve(text.trim()));
  });
}

async function clipAnswers(report, model, clip) {
  for (const name of ["clipGetStartTime", "clipGetEndTime", "clipGetStartMarker", "clipGetEndMarker", "clipGetLooping", "audioclipGetWarping", "audioclipGetWarpMode", "audioclipGetFilePath"]) {
    await report.ask(name, () => model[name](clip) ?? "nothing");
  }
  await report.ask("warp markers", () => model.audioclipGetWarpMarkers(clip).slice(0, 6));
}

async function renderAnswers(report, host, song, clip) {
  const model = host.dataModel, track = model.getObjectCanonicalParent(clip);
  const bpm = model.songGetTempo(song), start = model.clipGetStartTime(clip);
  const end = Math.min(model.clipGetEndTime(clip), start + BARS * BEATS);
  const render = (from, to) => new Promise((resolve, reject) => {
    host.resources.renderPreFxAudio(track, { startTime: from, endTime: to }, resolve, () => reject(new Error("no reason")));
  });
  const begun = Date.now();
  const file = await report.ask("render", () => render(start, end));
  await report.ask("render: milliseconds it took", () => Date.now() - begun);
  await report.ask("render: seconds, and what the tempo says", () => [sound(file).seconds, ((end - start) * 60) / bpm]);
  await report.ask("render: loudest", () => sound(file).loudest);
  const bars = [];
  for (let beat = start; beat < end; beat += BEATS) await report.ask(`render: seconds of the bar at ${beat}`, async () => bars.push(sound(await render(beat, Math.min(end, beat + BEATS))).seconds) && bars.at(-1));
}

/** Seconds and the loudest sample (24 or 16 bit) of a WAV. */
function sound(file) {
  const data = fs.readFileSync(String(file).replace(/^\\\\\?\\/, ""));
  let place = 12, rate = 1, frame = 1, bits = 16;
  while (place + 8 <= data.length) {
    const name = data.toString("latin1", place, place + 4), size = data.readUInt32LE(place + 4);
    if (name === "fmt ") [rate, frame, bits] = [data.readUInt32LE(place + 12), data.readUInt16LE(place + 20), data.readUInt16LE(place + 22)];
    if (name === "data") {
      let loudest = 0;
      for (let at = place + 8; at + bits / 8 <= Math.min(data.length, place + 8 + size); at += bits / 8) loudest = Math.max(loudest, Math.abs(data.readIntLE(at, bits / 8)));
      return { seconds: size / frame / rate, loudest: loudest / 2 ** (bits - 1) };
    }
    place += 8 + size + (size % 2);
  }
  throw new Error("no WAV");
}

async function trackAnswers(report, model, song) {
  const started = (calls) => {
    const made = [];
    model.withinTransaction(() => calls.forEach((call) => made.push(new Promise((resolve, reject) => call(resolve, (reason) => reject(new Error(reason ?? "no reason")))))));
    return Promise.all(made);
  };
  let tracks = [];
  await report.ask("tracks made together", async () => {
    tracks = await started(Array.from({ length: TRACKS }, () => (done, failed) => model.songCreateMidiTrack(song, done, failed)));
    return tracks.length;
  });
  await report.ask("their places, as they were asked for", () => tracks.map((t) => model.songGetTracks(song).findIndex((other) => other.id === t.id)));
  for (const [i, name] of ["Drift", "Drum Rack", "Bass"].entries()) {
    if (tracks[i]) await report.ask(`device ${name}`, async () => (await started([(done, failed) => model.trackInsertDevice(tracks[i], name, 0n, done, failed)])) && "inserted");
  }
  for (const track of tracks) await report.ask("track taken out", () => started([(done, failed) => model.songDeleteTrack(song, track, () => done("yes"), failed)]));
}

function activate(activation) {
  const host = activation.initializeExtensionHost({ apiVersion: "1.0.0" });
  host.commands.registerCommand("dawscribe.probe", (clip) => {
    probe(host, activation, clip).then((report) => {
      const file = path.join(host.environment.storageDirectory ?? host.environment.tempDirectory ?? os.tmpdir(), "dawscribe_probe.txt");
      const text = `${report.lines.join("\n")}\n${FOR_YOU}\n`;
      let kept = `Please copy this and send it; it is in ${file}, too.`;
      try {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.appendFileSync(file, text);
      } catch (reason) {
        kept = `Please copy this and send it: it could not be written to ${file} (${reason.code}).`;
      }
      const safe = `${kept}\n\n${text}`.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
      host.ui.showModalDialog(`data:text/html;charset=utf-8,${encodeURIComponent(`<!doctype html><meta charset="utf-8"><pre>${safe}</pre>`)}`, 900, 600, () => {}, () => {});
    }).catch((reason) => console.error("dawscribe_probe:", reason));
  });
  host.ui.registerContextMenuAction("AudioClip", "dawscribe probe", "dawscribe.probe", () => {});
}

module.exports = { activate };

/** Plays the notes: a sampled General MIDI synthesiser where a soundfont is there, else simple oscillators; always something. */

/** @typedef {import("./model.js").Part} Part */
/**
 * @typedef {object} Synth
 * @property {(parts: Part[]) => void} setUp use these parts' instruments
 * @property {(index: number, pitch: number, vel: number, at: number, seconds: number) => void} note
 * @property {(index: number, semitones: number, at: number) => void} bend
 * @property {(index: number, level: number) => void} level
 * @property {() => void} stop
 * @property {string} kind
 */

const BEND_RANGE = 12;
const VOLUME = 7;

/** @param {BaseAudioContext} context @param {AudioNode} out @returns {Promise<Synth>} */
export async function openSynth(context, out) {
  try {
    const answer = await fetch("/api/soundfont", { credentials: "same-origin" });
    if (answer.ok) return await sampled(context, out, await answer.arrayBuffer());
  } catch (error) {
    console.warn("the soundfont cannot be used", error);
  }
  return simple(context, out);
}

/** @param {BaseAudioContext} context @param {AudioNode} out @param {ArrayBuffer} font @returns {Promise<Synth>} */
async function sampled(context, out, font) {
  await context.audioWorklet.addModule("/static/vendor/spessasynth-processor.js");
  // @ts-ignore a built module without types
  const { WorkletSynthesizer } = await import("/static/vendor/spessasynth.js");
  const synth = new WorkletSynthesizer(context);
  await synth.isReady;
  await synth.soundBankManager.addSoundBank(font, "main");
  synth.connect(out);
  /** @type {number[]} */
  let channels = [];
  return {
    kind: "soundfont",
    setUp(parts) {
      const free = [...Array(16).keys()].filter((c) => c !== 9);
      let next = 0;
      channels = parts.map((part) => (part.isDrums ? 9 : free[next++ % free.length]));
      parts.forEach((part, i) => {
        synth.programChange(channels[i], part.program);
        if (!part.isDrums) synth.pitchWheelRange(channels[i], BEND_RANGE);
        synth.pitchWheel(channels[i], 8192);
      });
    },
    note(index, pitch, vel, at, seconds) {
      synth.noteOn(channels[index], pitch, vel, { time: at });
      synth.noteOff(channels[index], pitch, { time: at + seconds });
    },
    bend(index, semitones, at) {
      const value = Math.round(8192 + (Math.max(-BEND_RANGE, Math.min(BEND_RANGE, semitones)) / BEND_RANGE) * 8191);
      synth.pitchWheel(channels[index], value, { time: at });
    },
    level(index, level) {
      synth.controllerChange(channels[index], VOLUME, Math.round(Math.min(1, level) * 127));
    },
    stop() {
      synth.stopAll(true);
    },
  };
}

/** @param {BaseAudioContext} context @param {AudioNode} out @returns {Synth} */
export function simple(context, out) {
  /** @type {GainNode[]} */
  let gains = [];
  /** @type {Part[]} */
  let shown = [];
  /** @type {Set<AudioScheduledSourceNode>} */
  const playing = new Set();
  const noise = context.createBuffer(1, context.sampleRate / 2, context.sampleRate);
  noise.getChannelData(0).forEach((_, i, data) => (data[i] = Math.random() * 2 - 1));

  /** @param {AudioScheduledSourceNode} node @param {number} at @param {number} end */
  function run(node, at, end) {
    playing.add(node);
    node.onended = () => playing.delete(node);
    node.start(at);
    node.stop(end);
  }

  /** @param {GainNode} gain @param {number} pitch @param {number} vel @param {number} at */
  function drum(gain, pitch, vel, at) {
    const isKick = pitch === 35 || pitch === 36;
    const isTom = [41, 43, 45, 47, 48, 50].includes(pitch);
    const seconds = isKick ? 0.25 : isTom ? 0.3 : [46, 49, 51, 57].includes(pitch) ? 0.4 : 0.12;
    const envelope = new GainNode(context, { gain: 0 });
    envelope.gain.setValueAtTime((vel / 127) ** 1.5 * 0.5, at);
    envelope.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    envelope.connect(gain);
    if (isKick || isTom) {
      const tone = new OscillatorNode(context, { frequency: isKick ? 120 : 90 + (pitch - 40) * 12 });
      tone.frequency.setValueAtTime(isKick ? 150 : 110 + (pitch - 40) * 14, at);
      tone.frequency.exponentialRampToValueAtTime(isKick ? 45 : 70 + (pitch - 40) * 8, at + 0.12);
      tone.connect(envelope);
      run(tone, at, at + seconds);
    } else {
      const source = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
      const filter = new BiquadFilterNode(context, { type: "highpass", frequency: [37, 38, 39, 40].includes(pitch) ? 1200 : 7000 });
      source.connect(filter).connect(envelope);
      run(source, at, at + seconds);
    }
  }

  return {
    kind: "simple",
    setUp(parts) {
      for (const gain of gains.slice(parts.length)) gain.disconnect();
      gains = parts.map((_, i) => {
        const gain = gains[i] ?? new GainNode(context, { gain: 1 });
        gain.connect(out);
        return gain;
      });
      shown = parts;
    },
    note(index, pitch, vel, at, seconds) {
      const gain = gains[index];
      if (!gain) return;
      if (shown[index]?.isDrums) return drum(gain, pitch, vel, at);
      const tone = new OscillatorNode(context, { type: "triangle", frequency: 440 * 2 ** ((pitch - 69) / 12) });
      const envelope = new GainNode(context, { gain: 0 });
      const top = (vel / 127) ** 1.5 * 0.28;
      const end = at + Math.max(0.04, seconds);
      envelope.gain.setValueAtTime(0, at);
      envelope.gain.linearRampToValueAtTime(top, at + 0.006);
      envelope.gain.exponentialRampToValueAtTime(Math.max(1e-4, top * 0.45), end);
      envelope.gain.linearRampToValueAtTime(0, end + 0.05);
      tone.connect(envelope).connect(gain);
      run(tone, at, end + 0.06);
    },
    bend() {},
    level(index, level) {
      gains[index]?.gain.setTargetAtTime(level, context.currentTime, 0.01);
    },
    stop() {
      for (const node of playing) node.stop();
      playing.clear();
    },
  };
}

/**
 * Plays all sources together, sample for sample, at any speed with the pitch kept.
 *
 * The position is a formula of the context's time, so that the page knows it without asking:
 * position(frame) = loop(from + (frame - since) * speed). At full speed samples are copied. At another, grains overlap
 * (WSOLA): each begins near its place, where it goes on best from the grain before; all sources share that place.
 */

/* global AudioWorkletProcessor, registerProcessor, currentFrame */

const CHUNK = 65536;
const HOP = 1024;
const SEEK = 512;
const STEP = 4;

class Deck extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.channels = options.processorOptions.channels;
    this.chunks = this.channels.map(() => new Map());
    this.anchor = null;
    this.next = null;
    this.loop = null;
    this.reset();
    this.port.onmessage = (event) => this.take(event.data);
  }

  reset() {
    this.grain = null;
    this.tails = this.channels.map(() => [new Float32Array(HOP), new Float32Array(HOP)]);
    this.ready = this.channels.map(() => [new Float32Array(HOP), new Float32Array(HOP)]);
    this.used = HOP;
    this.previous = -1;
  }

  take(message) {
    if (message.type === "chunk") this.chunks[message.source].set(message.index, message.data);
    else if (message.type === "drop") for (const map of this.chunks) for (const index of message.indexes) map.delete(index);
    else if (message.type === "anchor") this.next = message.anchor;
  }

  /** Interleaved 16-bit samples to two arrays; silence where there is no sound (yet). */
  read(source, start, count, left, right, offset) {
    const channels = this.channels[source];
    let done = 0;
    while (done < count) {
      const at = start + done;
      const index = Math.floor(at / CHUNK);
      const inside = at - index * CHUNK;
      const some = Math.min(count - done, CHUNK - inside);
      const data = at >= 0 ? this.chunks[source].get(index) : undefined;
      for (let i = 0; i < some; i++) {
        const k = (inside + i) * channels;
        const known = data && k + channels <= data.length;
        left[offset + done + i] = known ? data[k] / 32768 : 0;
        right[offset + done + i] = known ? data[k + (channels > 1 ? 1 : 0)] / 32768 : 0;
      }
      done += some;
    }
  }

  position(frame) {
    const a = this.anchor;
    let at = a.from + (frame - a.since) * a.speed;
    if (a.loop && a.from < a.loop[1] && at >= a.loop[1]) at = a.loop[0] + ((at - a.loop[0]) % (a.loop[1] - a.loop[0]));
    return at;
  }

  process(_, outputs) {
    const frames = outputs[0]?.[0]?.length ?? 128;
    let done = 0;
    while (done < frames) {
      const now = currentFrame + done;
      if (this.next && now >= this.next.since) {
        this.anchor = this.next;
        this.next = null;
        this.reset();
      }
      const until = this.next ? Math.min(frames, Math.max(done + 1, this.next.since - currentFrame)) : frames;
      if (!this.anchor || !this.anchor.plays) {
        done = until;
        continue;
      }
      done = this.anchor.speed === 1 ? this.copy(outputs, done, until) : this.stretch(outputs, done, until);
    }
    return true;
  }

  copy(outputs, from, until) {
    const at = Math.round(this.position(currentFrame + from));
    let count = until - from;
    const loop = this.anchor.loop;
    if (loop && at < loop[1]) count = Math.min(count, Math.max(1, Math.ceil(loop[1] - at)));
    outputs.forEach((output, source) => this.read(source, at, count, output[0], output[1] ?? output[0], from));
    return from + count;
  }

  stretch(outputs, from, until) {
    for (let i = from; i < until; ) {
      if (this.used >= HOP) this.makeGrain(this.position(currentFrame + i));
      const count = Math.min(until - i, HOP - this.used);
      outputs.forEach((output, source) => {
        for (let c = 0; c < 2; c++) if (output[c]) output[c].set(this.ready[source][c].subarray(this.used, this.used + count), i);
      });
      this.used += count;
      i += count;
    }
    return until;
  }

  makeGrain(position) {
    const wished = Math.round(position);
    const start = this.previous < 0 ? wished : this.best(this.previous + HOP, wished);
    const left = new Float32Array(2 * HOP);
    const right = new Float32Array(2 * HOP);
    for (let source = 0; source < this.channels.length; source++) {
      this.read(source, start, 2 * HOP, left, right, 0);
      [left, right].forEach((data, c) => {
        const tail = this.tails[source][c];
        const ready = this.ready[source][c];
        const isFirst = this.previous < 0;
        for (let n = 0; n < HOP; n++) {
          const up = isFirst ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * n) / HOP);
          ready[n] = tail[n] + data[n] * up;
          tail[n] = data[HOP + n] * (0.5 + 0.5 * Math.cos((Math.PI * n) / HOP));
        }
      });
    }
    this.previous = start;
    this.used = 0;
  }

  /** The place near `wished` that sounds most like what would have followed. */
  best(follows, wished) {
    const count = HOP / STEP;
    const target = this.sum(follows, count);
    const around = this.sum(wished - SEEK, count + (2 * SEEK) / STEP);
    let best = 0;
    let bestScore = -Infinity;
    for (let shift = 0; shift <= (2 * SEEK) / STEP; shift++) {
      let score = 0;
      let energy = 1e-9;
      for (let i = 0; i < count; i++) {
        const x = around[shift + i];
        score += target[i] * x;
        energy += x * x;
      }
      score /= Math.sqrt(energy);
      if (score > bestScore) {
        bestScore = score;
        best = shift;
      }
    }
    return wished - SEEK + best * STEP;
  }

  /** Every STEP-th sample of the first source, the mix. */
  sum(start, count) {
    const left = new Float32Array(count * STEP);
    const right = new Float32Array(count * STEP);
    this.read(0, start, count * STEP, left, right, 0);
    const made = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < STEP; k++) made[i] += left[i * STEP + k] + right[i * STEP + k];
    }
    return made;
  }
}

registerProcessor("dawscribe-deck", Deck);

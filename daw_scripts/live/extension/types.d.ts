// What the modules hand to each other: names and types, for the type checker.

/** A note as Live takes it, in beats of its clip. */
export interface Note { pitch: number; startTime: number; duration: number; velocity: number }

/** Where a Session clip begins and loops, in beats of the new clip. */
export interface Loop { looping: boolean; start: number; loop_start: number; end: number }

/** Where the new clips belong. */
export interface Place {
  session: boolean; scene: number | null; track: string; track_index: number; start_beats: number;
  length_beats: number; loop: Loop | null;
}

/** How an item's seconds become beats: the same as in the Remote Script's placing.py. */
export interface Live {
  start_s: number; warp: number[][]; rate: number; passes: number[][]; semitones: number; repitch: boolean;
  place: Place;
}

/** What is sent to be transcribed. */
export interface Item {
  name: string; audio: { path: string; start_s: number; length_s: number | null; gain: number }; live: Live;
}

/** The recorded sound of a drum, for a pad. */
export interface Shot { pitch: number; path: string; loudest?: number }

/** A part of a result, and so a track; a note is [onset_s, offset_s, pitch, velocity]. */
export interface Row {
  item: string; name: string; role: string; isDrums: boolean; isBent: boolean; notes: number[][]; instruments: string[];
  shots: Shot[]; live: Live;
}

/** Show how far it is, 0 to 100. */
export type Show = (text: string, progress?: number) => void;

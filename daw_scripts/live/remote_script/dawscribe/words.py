"""The sentences a musician reads in Live's status bar."""

from __future__ import annotations

NO_CLIP = "dawscribe: click an audio clip first, or put the loop brace around some on the selected track."
NOT_AUDIO = "dawscribe: the selected clip holds MIDI already; click an audio clip."
NO_FILE = "dawscribe: the clip '{name}' has no audio file; record or consolidate it first."
SILENT = "dawscribe: the clip '{name}' is turned down to silence; raise its gain first."
TOO_SHORT = "dawscribe: the clip '{name}' is too short to transcribe; choose one of a tenth of a second at least."
NOT_SET_UP = 'dawscribe is not set up yet; run "dawscribe setup live" in a terminal once.'
NOT_STARTED = 'dawscribe could not be started; run "dawscribe daemon" in a terminal to see why.'
NO_ANSWER = 'dawscribe was started but does not answer; run "dawscribe doctor" in a terminal to see why.'
MISMATCH = 'dawscribe speaks protocol {theirs} and this script {ours}; run "dawscribe setup live" and restart Live.'
NOT_WRITTEN = "dawscribe: the request could not be written ({reason}); free some disk space and try again."
NO_NUMBER = "dawscribe: Live gives no usable place for the clip '{name}'; move it a little and try again."
NOT_ANALYSED = "Live has no warp markers of the clip '{name}' yet; its notes were placed by the tempo of the Set."
TOO_MANY_PASSES = "The clip '{name}' repeats its loop very often; {count} times of it were written."
TOO_MANY = "Only the first {count} clips were taken."
TOO_MANY_NOTES = 'Of "{part}" {count} notes were written: its loop plays so often that the rest was left out.'
LOST = "dawscribe: the transcription is gone from dawscribe's home; transcribe the clip again."
DAMAGED = "dawscribe: the result is damaged; transcribe the clip again."
OTHER_VERSION = 'dawscribe: the result is of another version; run "dawscribe setup live", restart Live and try again.'
NOTHING = "dawscribe: no notes were heard, so there are no new tracks."
CANCELLED = "dawscribe: cancelled."
NO_TRACK = "The track of the clip is gone, so the new tracks stand at the end."
FROZEN = "dawscribe: the new track could not take a clip; unfreeze the track of the clip and try again."
NOT_INSERTED = "dawscribe: the tracks could not be made ({reason}); nothing was changed."
UNDONE = "dawscribe: the new tracks were undone while they were made; transcribe the clip again to have them."
NOT_UPDATED = (
    "dawscribe: the tracks could not be brought to revision {revision} ({reason}); where some of them changed, Undo "
    "brings them back."
)
FROZEN_PART = 'The track "{part}" is frozen, so it was left as it is.'
OTHER_SET = "dawscribe: the Set of a finished transcription is closed; open it and its tracks appear."
UNSAVED_SET = (
    "dawscribe: the Set of a finished transcription is closed and was never saved; drag its song.mid into this one: "
    '"dawscribe show {job} --open".'
)
TEMPO = (
    "The tempo of this Set is automated. Notes of a warped clip fit it; those of a clip that is not warped were placed "
    "by the tempo of now ({bpm:.2f} BPM), so switch Warp on and transcribe again if they lie beside the sound."
)
DETUNED = "The clip '{name}' is detuned by {cents:+.0f} cents; its notes are the nearest keys."
BENDS = "Live takes no pitch bends from a script: drag {midi} into the Set to have those of {parts}."
IN_SESSION = "This Live cannot make clips in the Arrangement from a script, so they lie in the Session."
NO_INSTRUMENT = 'No instrument of the settings is in this Live for "{part}"; its track is silent until you add one.'
MISSING = 'The instrument "{name}" is not in this Live.'
CHANGED = 'You changed the notes of "{part}", so its track was left as it is.'
LEFT_OUT = 'The part "{part}" is no longer in the transcription; its track was muted.'
UPDATED = "dawscribe: updated to revision {revision}."
DONE = "dawscribe: {notes} notes on {tracks} new tracks."
STAGES = {
    "start": "starting", "read": "reading the audio", "separate": "separating", "transcribe": "listening",
    "score": "writing the notes",
}  # fmt: skip
"""Stage of the protocol -> what the status bar says."""
MAX_SENTENCE = 500
"""Characters of a sentence from the spool: more fits no status bar."""


def one_line(text):
    """``text`` as one line that Live can show."""
    clean = "".join(c if c.isprintable() else " " for c in str(text)[:MAX_SENTENCE])
    return clean.encode("utf-8", "replace").decode("utf-8")


def progress(status):
    """The line of a running job."""
    stage = STAGES.get(status.get("stage"), "working")
    fraction = status.get("fraction")
    share = f" {fraction:.0%}" if isinstance(fraction, (int, float)) and 0 <= fraction <= 1 else ""
    if status.get("state") == "queued":
        return "dawscribe: in line."
    return f"dawscribe: {stage}{share}"

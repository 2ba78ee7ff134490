"""Asks a real Live what could not be known without one, and writes the answers down. Use it in an empty Set."""

from __future__ import annotations

import os
import sys
import time

REPORT = os.path.join(os.path.expanduser("~"), "dawscribe_probe.txt")
MODULES = ("json", "subprocess", "socket", "ssl", "hashlib", "threading", "logging", "ctypes", "sqlite3", "zlib")
TRACKS, NOTES = 6, 2000
FOR_YOU = """
For your eyes and ears, please add the answers:
 1. The probe made six tracks and took them out again in one step. Press Undo once: is that step gone, and nothing else?
 2. Click an audio clip in the Arrangement, then one in the Session, then choose the probe again: is each named below?
 3. Right-click > Reverse an audio clip, click it, choose the probe again: does its file path end in " R.wav"?
 4. Clip with Warp off, transposed by +12: does it run twice as fast?
 5. Draw tempo automation, choose the probe again: does "tempo automation" below change from 0?
 6. Drag a song.mid of dawscribe into the Arrangement: a track per part? bends as envelopes? tempo offered?
 7. Copy a track of dawscribe's (Ctrl/Cmd-D), correct the result on the review page and send it: do both tracks change?
 8. Where did you move the User Library to, if you did, and what does Library.cfg in Live's preferences say of it?
"""


def create_instance(c_instance):
    """Make the control surface; Live's entry."""
    import Live
    from ableton.v2.control_surface import ControlSurface

    class Probe(ControlSurface):
        def __init__(self, instance):
            super().__init__(instance)
            self.schedule_message(5, self._run)

        def _run(self):
            report = Report()
            probe(Live, Live.Application.get_application(), report)
            report.write()
            self.show_message("dawscribe_probe: the answers are in " + REPORT)

    return Probe(c_instance)


class Report:
    """Lines of answers; a question that fails is an answer too."""

    def __init__(self):
        self.lines = ["dawscribe_probe, " + time.strftime("%Y-%m-%d %H:%M")]

    def ask(self, question, answer):
        """Note what ``answer()`` gives."""
        try:
            found = answer()
        except Exception as e:  # the answer is what Live raises
            found = "raises {}: {}".format(type(e).__name__, e)
        self.lines.append("{}: {}".format(question, found))

    def write(self):
        """Append all to the report."""
        with open(REPORT, "a", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n" + FOR_YOU + "\n")


def probe(live, application, report):
    """Ask all questions."""
    song = application.get_document()
    report.ask("Live", lambda: "{} {}".format(application.get_version_string(), application.get_variant()))
    report.ask("Python", lambda: sys.version)
    report.ask("modules that are missing", lambda: [name for name in MODULES if not _has(name)])
    report.ask("tempo automation", lambda: int(song.master_track.mixer_device.song_tempo.automation_state))
    report.ask("set file", lambda: song.file_path)
    _clip(song, report)
    _writing(live, application, song, report)


def _has(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def _clip(song, report):
    clip = song.view.detail_clip
    if clip is None or not clip.is_audio_clip:
        report.lines.append("no audio clip is selected: click one and choose the probe again for more answers")
        return
    for name in (
        "name", "file_path", "warping", "warp_mode", "looping", "start_marker", "end_marker", "loop_start", "loop_end",
        "start_time", "end_time", "sample_length", "sample_rate", "pitch_coarse", "pitch_fine", "gain",
        "gain_display_string", "is_session_clip", "is_arrangement_clip", "length",
    ):  # fmt: skip
        report.ask("clip." + name, lambda name=name: getattr(clip, name))
    report.ask("warp markers", lambda: [(m.sample_time, m.beat_time) for m in clip.warp_markers][:12])
    report.ask("beat_to_sample_time(1)", lambda: clip.beat_to_sample_time(1.0))
    report.ask("its track", lambda: type(clip.canonical_parent).__name__)


def _writing(live, application, song, report):
    report.ask("create_midi_clip is there", lambda: hasattr(song.tracks[0], "create_midi_clip"))
    report.ask("insert_device is there", lambda: hasattr(song.tracks[0], "insert_device"))
    made = []
    begun = time.time()
    song.begin_undo_step()
    try:
        report.ask("six tracks with 2000 notes each", lambda: _fill(live, song, made))
        report.ask("seconds that took", lambda: round(time.time() - begun, 3))
        report.ask("colour 0xD66B53 became", lambda: hex(made[0].color))
        report.ask("set_data and back", lambda: _data(made[0]))
        report.ask("insert_device Drift", lambda: made[0].insert_device("Drift", 0))
        report.ask("drums in the browser", lambda: [c.name for c in application.browser.drums.children][:20])
        report.ask(
            "instruments in the browser", lambda: [c.name for c in application.browser.instruments.children][:30]
        )
        report.ask("first notes as Live keeps them", lambda: _kept(made[0]))
        report.ask("a clip's parent, and its parent", lambda: _parents(made[0]))
        report.ask("what a Simpler in a Drum Rack can do with samples", lambda: _simpler(made[1]))
        report.ask("user library in the browser", lambda: [c.name for c in application.browser.user_library.children])
    finally:
        for track in made:
            song.delete_track(list(song.tracks).index(track))
        song.end_undo_step()


def _fill(live, song, made):
    for number in range(TRACKS):
        track = song.create_midi_track(-1)
        made.append(track)
        track.name = "probe {}".format(number + 1)
        track.color = 0xD66B53
        clip = track.create_midi_clip(8.0, NOTES / 8.0)
        make = live.Clip.MidiNoteSpecification
        clip.add_new_notes(
            tuple(
                make(pitch=40 + i % 40, start_time=i / 8.0 + 1 / 3.0, duration=0.1, velocity=90) for i in range(NOTES)
            )
        )
    return "done"


def _data(track):
    track.set_data("dawscribe_probe", '{"a": 1}')
    return track.get_data("dawscribe_probe", None)


def _parents(track):
    clip = track.arrangement_clips[0]
    return [type(clip.canonical_parent).__name__, clip.canonical_parent == track]


def _simpler(track):
    track.insert_device("Drum Rack", 0)
    rack = track.devices[0]
    rack.insert_chain(0)
    chain = rack.chains[0]
    chain.in_note = 36
    chain.insert_device("Simpler", 0)
    return [name for name in dir(chain.devices[0]) if "sample" in name.lower() or "replace" in name.lower()]


def _kept(track):
    clip = track.arrangement_clips[0]
    return [(n.pitch, repr(n.start_time), repr(n.duration), n.velocity) for n in clip.get_notes_extended(0, 128, 0, 1)]

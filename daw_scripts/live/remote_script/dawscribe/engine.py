"""What the control surface does in each of its ticks, apart from Live's own classes: commands, jobs, finished results.

Live gives a script a tenth of a second now and then on its one thread. So a job is a generator that pauses often, and
a tick goes on with it for a few milliseconds.
"""

from __future__ import annotations

import os
import time

from . import results, selection, words
from .clips import ClipError
from .daemon import Starter, launch
from .insertion import groups, insert, tempo_is_automated
from .sources import Source
from .spool import FINAL, PROTOCOL, is_number
from .tracks import RefusedError, UndoneError
from .update import jobs_in, update

TICK_S = 0.02
"""Work per tick for reading and preparing: a fifth of Live's own, so that meters and mouse stay smooth."""
INSERT_S = 0.15
"""Work per tick while tracks are made: six tracks with their notes fit, and the undo step is over at once."""
LOOK_S = 2.0
"""How often finished jobs and new revisions are looked for."""
PATIENCE_S = 60.0
"""A job of which nothing is to be seen for so long is gone: its folder was removed, or the whole home."""
JOBS_A_TICK = 10
"""Jobs looked at in one tick: three small files each, some milliseconds together on a slow disk."""
ANNOUNCE_S = 2.0
SAY_S = 0.5
"""The status bar changes at most this often."""


class Engine:
    """All work of the script in one Live."""

    def __init__(self, spool, live, say, log, version="", start=launch, monotonic=time.monotonic):
        self.spool, self.live, self.version = spool, live, version
        self.say, self.log = say, log
        self.session = os.urandom(8).hex()
        """This run of the script: a request of the extension names it, and its result is inserted here."""
        self._start, self._monotonic = start, monotonic
        self._song = None
        self._work = []
        self._own = set()
        """Jobs of this run that are not over."""
        self._cancels = 0
        """How often *cancel* came: what was begun before the last one is not wanted."""
        self._handled = set()
        self._running = set()
        """Jobs that were seen at work, of which no piece of work here waits for the end."""
        self._failed = {}
        """{job: revision} that could not be brought to its tracks; it is not tried again until somebody asks."""
        self._logged = None
        self._next = {"look": 0.0, "announce": 0.0, "say": 0.0}
        self.inserting = False

    @property
    def application(self):
        """Live's application."""
        return self.live.Application.get_application()

    def song(self):
        """The Set that is open."""
        return self.application.get_document()

    def tick(self):
        """One turn; never raises, never waits."""
        begun = self._monotonic()
        try:
            self._follow_the_set()
            self._obey(self.spool.take_command())
            self._announce(begun)
            self._look(begun)
            self._logged = None
        except Exception as e:  # a fault here must not end the ticks
            # A full disk fails ten times a second; Live's log needs it once.
            if repr(e) != self._logged:
                self.log(f"dawscribe: {e!r}")
            self._logged = repr(e)
        while self._work:
            work = self._work.pop(0)
            if self._step(work):
                self._work.append(work)
            if self._monotonic() - begun > (INSERT_S if self.inserting else TICK_S) or all(w.waits for w in self._work):
                break

    def close(self):
        """The script ends, or its Set does."""
        ended, self._work = self._work, []
        self._own, self._failed, self.inserting = set(), {}, False
        for work in ended:
            try:
                work.steps.close()
            except Exception as e:  # whatever Live raises for objects of a closed Set
                self.log(f"dawscribe: {e!r}")

    def _step(self, work):
        """Go on with a piece of work; whether there is more of it."""
        try:
            work.waits = next(work.steps) == "wait"
        except StopIteration:
            return False
        except (ClipError, RefusedError, results.ResultError) as e:
            self.inserting = False
            self.tell(str(e))
            return False
        except Exception as e:  # Live raises RuntimeError for anything; the next job may fare better
            self.inserting = False
            self.log(f"dawscribe: {e!r}")
            self.tell(words.NOT_INSERTED.format(reason=words.one_line(e) or type(e).__name__))
            return False
        return True

    def tell(self, sentence):
        """Show a sentence, and keep it in Live's log."""
        self.log(sentence)
        self.say(words.one_line(sentence))
        self._next["say"] = self._monotonic() + 4

    def _show(self, line):
        if self._monotonic() >= self._next["say"]:
            self._next["say"] = self._monotonic() + SAY_S
            self.say(line)

    def _follow_the_set(self):
        song = self.song()
        if self._song is not None and not _is_same(song, self._song):
            # Whatever lies in the Set that closed is gone; its results wait until it is open again.
            self.close()
            self._handled = set()
        self._song = song

    def _announce(self, now):
        if now >= self._next["announce"]:
            self._next["announce"] = now + ANNOUNCE_S
            data = {"protocol": PROTOCOL, "heartbeat": self.spool.clock(), "session": self.session}
            self.spool.announce(dict(data, version=self.version))

    def _obey(self, command):
        kind = (command or {}).get("command")
        options = (command or {}).get("options")
        options = options if isinstance(options, dict) else {}
        if kind == "transcribe_selected":
            self._begin(self._transcribe(options))
        elif kind == "cancel":
            self._cancel()
        elif kind == "insert_finished":
            self._handled, self._failed = set(), {}
            self._next["look"] = 0.0

    def _begin(self, steps):
        self._work.append(_Work(steps))

    def _cancel(self):
        self._cancels += 1
        for job in self._own:
            self.spool.cancel(job)
        self.tell(words.CANCELLED)

    def _transcribe(self, options):
        """One job from the selection to the tracks."""
        song = self.song()
        chosen = selection.read(song, options)
        sources = [Source(clip, track) for clip, track in chosen.sources]
        start, cancels = Starter(self.spool, self._start), self._cancels
        while True:
            state, sentence = start()
            if sentence:
                raise ClipError(sentence)
            if state == "running":
                break
            if self._cancels != cancels:
                return
            self._show("dawscribe: starting.")
            yield "wait"
        job = self.spool.new_id()
        request = {
            "protocol": PROTOCOL, "id": job, "host": "live", "set": song.file_path, "items": chosen.items,
            "options": {k: v for k, v in options.items() if k not in ("range", "insertion")},
            "insertion": options.get("insertion", {}),
            "tempo": {"bpm": song.tempo, "automated": tempo_is_automated(song)},
        }  # fmt: skip
        try:
            self.spool.submit(request)
        except OSError as e:
            raise ClipError(words.NOT_WRITTEN.format(reason=e.strerror)) from e
        self._own.add(job)
        try:
            status = yield from self._follow(job, start)
            if status.get("state") == "done":
                yield from self._insert(job, sources, chosen.warnings)
            else:
                self.tell(words.one_line(status.get("message")) or words.CANCELLED)
        finally:
            self._own.discard(job)
            self._handled.add(job)

    def _follow(self, job, start):
        """Wait for a job's end, with its progress in the status bar; its last status, empty where it never began.

        A daemon that dies is started again: the job lies safe in its folder.
        """
        cancels, said, looked, seen_s = self._cancels, None, self._monotonic(), self._monotonic()
        while True:
            yield "wait"
            now, seen = self._monotonic(), self.spool.status(job)
            if seen is not None:
                seen_s = now
                if seen.get("state") in FINAL:
                    return seen
                self._show(words.progress(seen))
            elif self._cancels != cancels and not self.spool.waits(job):
                return {}
            elif self.spool.waits(job):
                seen_s = now
            elif now - seen_s > PATIENCE_S:
                raise ClipError(words.LOST)
            if now - looked >= LOOK_S:
                looked = now
                _, sentence = start()
                if sentence and sentence != said:
                    said = sentence
                    self.tell(sentence)

    def _insert(self, job, sources=None, warnings=()):
        """Insert a finished job, or bring the tracks it has already to its revision."""
        raw = self.spool.result(job)
        yield
        result = results.check(raw, self.spool.path("jobs", job))
        yield
        before, song = self.spool.inserted(job), self.song()
        held = jobs_in(song).get(job)
        if held is not None and held >= result["revision"]:
            return
        if not groups(result) and held is None:
            self.spool.mark_inserted(job, result["revision"])
            self.tell(" ".join([words.NOTHING, *result["warnings"]]))
            return
        self.spool.mark_inserted(job, result["revision"])
        self.inserting = True
        try:
            if held is None:
                summary = yield from insert(self.live, self.application, song, result, sources)
                said = words.DONE.format(notes=summary.notes, tracks=summary.tracks)
            else:
                summary = yield from update(self.live, self.application, song, result)
                said = words.UPDATED.format(revision=result["revision"])
        except BaseException as e:
            if isinstance(e, Exception):
                self._failed[job] = result["revision"]
            if not isinstance(e, UndoneError):
                self.spool.unmark(job, before)
            raise
        finally:
            self.inserting = False
        self._mark_whole(job, result["revision"])
        self.tell(" ".join([said, *warnings, *summary.warnings]))

    def _mark_whole(self, job, revision):
        """Note that all tracks are there: the extension may put the drums' own sounds on theirs."""
        try:
            self.spool.mark_inserted(job, revision, whole=True)
        except OSError as e:  # it is inserted all the same
            self.log(f"dawscribe: {e!r}")

    def _look(self, now):
        """See to finished jobs of this Set that nobody waits for, and to revisions of those that it holds."""
        if now < self._next["look"] or self.inserting or any(not w.waits for w in self._work):
            return
        self._next["look"] = now + LOOK_S
        song = self.song()
        held = jobs_in(song)
        for job, revision in held.items():
            status = self.spool.status(job) or {}
            newest = status.get("revision", 1)
            if self._failed.get(job) == newest:
                continue
            if status.get("state") == "done" and is_number(newest, 1, 1e9) and newest > revision:
                self._begin(self._insert(job))
                return
        looked = 0
        for job in self.spool.jobs():
            if job in self._handled or job in self._own or job in held:
                continue
            looked += 1
            if looked > JOBS_A_TICK:
                # A home with hundreds of jobs is gone through tick by tick.
                self._next["look"] = now
                return
            if self._is_waiting(job, song):
                self._handled.add(job)
                self._begin(self._insert(job))
                return

    def _is_waiting(self, job, song):
        """Whether a job is finished, for this Set, and in no Set yet."""
        status = self.spool.status(job)
        if status is None or status.get("state") not in FINAL:
            self._running.add(job)
            return False
        asked = self.spool.request(job) or {}
        ours = asked.get("host") == "live" and status.get("state") == "done" and self.spool.inserted(job) is None
        here = asked.get("inserter") == self.session or (bool(song.file_path) and asked.get("set") == song.file_path)
        if not (ours and here):
            self._handled.add(job)
            if ours and job in self._running and "set" in asked:
                # Of one that ended long ago it was said, or the user knows.
                self.tell(words.OTHER_SET if asked["set"] else words.UNSAVED_SET.format(job=job))
        return ours and here


def _is_same(one, other):
    """Whether two of Live's wrappers are of one object: by its pointer, which all of them have in the real Live."""
    pointers = [getattr(each, "_live_ptr", None) for each in (one, other)]
    return pointers[0] == pointers[1] if None not in pointers else one == other


class _Work:
    """A generator that is gone through in slices; ``waits`` where it has nothing to do before the next tick."""

    def __init__(self, steps):
        self.steps = steps
        self.waits = False

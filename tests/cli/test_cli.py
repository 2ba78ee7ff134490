"""The command line as its users run it: real processes, bad input, Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from bridge.app import application
from bridge.pipeline.pipeline import Pipeline
from bridge.spool.request import AudioSpan, ItemRequest, Request
from tests.support import PLUGINS, Home, read_json, sine, wait_for


def test_transcribe_writes_midi_result_stems_and_plot(home: Home, wav: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = home.run("transcribe", wav, "-o", out, "--plot")
    assert "Drums" in done.stdout
    assert not done.stderr, "quiet when not a terminal"
    assert {p.name for p in out.iterdir()} == {"song.mid", "parts", "result.json", "stems", "piano_roll.png"}
    midi = mido.MidiFile(out / "song.mid")
    assert midi.type == 1
    assert [t.name for t in midi.tracks[1:]] == ["Drums", "Bass", "Vocals", "Other"]
    assert all(m.channel == 9 for m in midi.tracks[1] if hasattr(m, "channel"))


@pytest.mark.slow
def test_again_over_an_earlier_result(home: Home, wav: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    home.run("transcribe", wav, "-o", out)
    home.run("transcribe", wav, "-o", out, "--no-stems", "--stems", "bass", "--json")
    assert [p["role"] for p in read_json(out / "result.json")["items"][0]["parts"]] == ["bass"]


@pytest.mark.slow
def test_several_files_get_a_folder_each(home: Home, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    files = [sine(tmp_path / "a.wav"), sine(tmp_path / "b" / "a.wav"), sine(tmp_path / "c ü.flac")]
    done = home.run("transcribe", *files, "-o", tmp_path / "out", "--json")
    assert len(json.loads(done.stdout)) == 3
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a", "a (2)", "c ü"}


@pytest.mark.slow
def test_silence_is_a_result_without_notes(home: Home, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros((44_100, 2)), 44_100)
    done = home.run("transcribe", silent, "-o", tmp_path / "out", "--plot")
    assert "silent" in done.stdout
    assert (tmp_path / "out" / "song.mid").exists()


def bad_inputs(folder: Path) -> dict[str, Path]:
    """One file for every way in which input can be bad."""
    good = sine(folder / "good.wav").read_bytes()
    (folder / "empty.wav").touch()
    (folder / "header.wav").write_bytes(good[:44])
    (folder / "text.wav").write_text("not audio\n" * 100)
    sine(folder / "short.wav", seconds=0.01)
    nan = np.zeros((44_100, 2), np.float32)
    nan[1000] = np.nan
    soundfile.write(folder / "nan.wav", nan, 44_100, subtype="FLOAT")
    inf = np.where(np.isnan(nan), np.float32(np.inf), nan)
    soundfile.write(folder / "inf.wav", inf, 44_100, subtype="FLOAT")
    (folder / "folder.wav").mkdir()
    names = ("empty", "header", "text", "short", "nan", "inf", "folder", "missing")
    return {n: folder / f"{n}.wav" for n in names}


@pytest.mark.slow
def test_bad_input_is_one_sentence_and_leaves_nothing(home: Home, tmp_path: Path) -> None:
    for name, file in bad_inputs(tmp_path).items():
        done = home.run("transcribe", file, "-o", tmp_path / "out" / "deep", check=False)
        assert done.returncode == 2, name
        assert done.stderr.count("\n") == 1, (name, done.stderr)
        assert done.stderr.startswith("dawscribe: "), name
        assert not (tmp_path / "out").exists(), name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--stems", "drums,flute"], "no stem"),
        (["--separator", "nothing"], "choose one of"),
        (["--transcriber", "bass"], "ROLE=NAME"),
        (["--transcriber", "bass=nothing"], "choose one of"),
        (["--quantise", "1/17"], "1/"),
        (["--strength", "7"], '"quantise_strength" takes a number from 0 to 1, not 7.0'),
        (["--strength", "0.5"], "such as --quantise 1/16"),
        (["--sensitivity", "nan"], "takes a number from 0 to 1, not nan"),
        (["--beats-per-bar", "2,5"], "takes a whole number, not 2.5"),
        (["--bpm", "fast"], "a number is wanted, such as 2 or 97.3, not 'fast'"),
        (["--bpm", "97", "--tempo", "x2"], "not both"),
        (["--quality", "draft", "--separator", "nothing"], "choose one of"),
        (["--quality", "draft", "--separator", "whole_mix"], "separates nothing"),
        (["--no-tempo", "--bpm", "97"], "looks for no beat"),
        (["--no-tempo", "--beats-per-bar", "3"], "looks for no beat"),
        (["--transcriber", "bass"], "drums, bass, vocals, guitar, piano, other, mix"),
        (["--transcriber", "bass=notes", "--transcriber", "bass=band"], "bass=notes+band"),
        (["--quantize", "1/16"], 'did you mean "--quantise"?'),
        (["--start", "100"], "too little audio"),
        (["--start", "-1"], "0 or more; not -1"),
        (["--start", "nan"], "0 or more; not nan"),
        (["--start", "1e308"], "0 or more; not 1e+308"),
        (["--length", "1e308"], "more than 0; not 1e+308"),
        (["--length", "0"], "more than 0; not 0"),
        (["--stems", " ,"], "takes one or more of drums, bass"),
        (["--separator", "whole_mix", "--stems", "bass"], "(--role)"),
        (["--role", "bass"], "choose whole_mix"),
    ],
)
@pytest.mark.first_is_enough
def test_bad_options_are_sentences(home: Home, wav: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = home.run("transcribe", wav, "-o", tmp_path / "out", *arguments, check=False)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["drums, bass", "drums,bass,"])
@pytest.mark.first_is_enough
def test_spaces_and_commas_in_a_list_of_stems(home: Home, wav: Path, tmp_path: Path, text: str) -> None:
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--stems", text, "--json")
    assert [p["role"] for p in json.loads(done.stdout)["items"][0]["parts"]] == ["drums", "bass"]


@pytest.mark.slow
def test_the_beat_that_nobody_looked_for_is_not_called_uncertain(home: Home, wav: Path, tmp_path: Path) -> None:
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--no-tempo")
    assert "120 BPM" in done.stdout
    assert "certain" not in done.stdout


@pytest.mark.parametrize(("separator", "separated"), [("fake", 0.94), ("whole_mix", 0.22)])
def test_the_bar_gives_a_stage_the_share_that_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wav: Path, separator: str, separated: float
) -> None:
    monkeypatch.syspath_prepend(PLUGINS)
    home = Home(tmp_path / "home", "[separators.fake]\nseconds = 0.5\n")
    app = application({"separation.separator": separator}, home.folder)
    seen: list[tuple[str, float]] = []
    item = ItemRequest(AudioSpan(wav), "item")
    Pipeline(app.settings, app.context).run(
        Request("test-0001", "midi_file", (item,)), tmp_path, lambda stage, fraction: seen.append((stage, fraction))
    )
    assert max(fraction for stage, fraction in seen if stage == "separate") == pytest.approx(separated)
    assert [f for _, f in seen] == sorted(f for _, f in seen)


def test_ctrl_c_leaves_nothing(home: Home, wav: Path, tmp_path: Path) -> None:
    home.configure("[separators.fake]\nseconds = 30.0\n")
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "transcribe", wav, "-o", out], env=home.env, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: out.exists() and list(out.glob(".dawscribe-*/work/mix.wav")), "the separation")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "cancelled" in errors
    assert not out.exists()


@pytest.mark.slow
def test_a_terminal_sees_a_bar_with_stage_and_time(home: Home, wav: Path, tmp_path: Path) -> None:
    home.configure("[separators.fake]\nseconds = 1.0\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bridge", "transcribe", str(wav), "-o", str(tmp_path / "out")]
    process = subprocess.Popen(command, env=home.env, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:  # the other side has closed: the end of a pty's life on Linux
        pass
    finally:
        os.close(ours)
    assert process.wait() == 0
    assert b"separating" in seen
    assert b"left" in seen


def test_an_output_folder_that_cannot_be_made(home: Home, wav: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = home.run("transcribe", wav, "-o", tmp_path / "file" / "out", check=False)
    assert done.returncode == 2
    assert "choose another with -o" in done.stderr


@pytest.mark.slow
def test_help_and_unknown_commands(home: Home) -> None:
    assert "transcribe" in home.run("--help").stdout
    assert home.run("transcribe", "--help").stdout.count("--") > 10
    for words, sentence in (
        (["nonsense"], "'dawscribe --help' lists all"),
        (["transcrib"], 'did you mean "transcribe"?'),
        (["transcribe", "song.wav"], "required: -o/--output"),
        (["status", "foo"], '"dawscribe status" does not know "foo"'),
        (["jobs", "-n", "x"], "a whole number is wanted"),
        (["show", "last"], "There are no jobs yet"),
        (["selected", "tractor"], "choose one of: reaper, ardour, "),
        (["setup", "tractor"], "ardour, live, service."),
        (["setup", "service", "--portable", "x"], "--portable is for a DAW"),
        (["watch", __file__], "is a file; name the folder"),
    ):
        done = home.run(*words, check=False)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1


def test_logs_that_are_not_there_yet(home: Home) -> None:
    assert home.run("logs").stdout.startswith("There are no logs yet")


@pytest.mark.slow
def test_a_decimal_comma_is_a_point(home: Home, wav: Path, tmp_path: Path) -> None:
    assert "97.5 BPM" in home.run("transcribe", wav, "-o", tmp_path / "out", "--bpm", "97,5").stdout


@pytest.mark.slow
def test_a_first_downbeat_behind_the_end_is_refused_and_leaves_nothing(home: Home, wav: Path, tmp_path: Path) -> None:
    done = home.run("transcribe", wav, "-o", tmp_path / "out", "--first-downbeat", "2.5", check=False)
    assert done.returncode == 2
    assert "comes after the item's end at 2.0 s" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_where_there_is_no_beat_none_is_named(home: Home, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(44_100), 44_100)
    config = home.folder / "config.toml"
    config.write_text(config.read_text().replace("find_tempo = false", "find_tempo = true"))
    done = home.run("transcribe", tmp_path / "silence.wav", "-o", tmp_path / "out")
    assert "no notes; no beat found" in done.stdout
    assert "certain" not in done.stdout


@pytest.mark.slow
def test_doctor_says_what_is_missing(home: Home) -> None:
    done = home.run("doctor", "--json", check=False)
    findings = {f["what"]: f for f in json.loads(done.stdout)}
    assert findings["dawscribe"]["ok"]
    assert any(what.startswith("device cpu") for what in findings)
    missing = [f for f in findings.values() if not f["ok"]]
    ways = ("dawscribe", "pip install", "config.toml")
    assert all(any(way in f["text"] for way in ways) for f in missing), missing

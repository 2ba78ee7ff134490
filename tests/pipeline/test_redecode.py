"""Another sensitivity of a part, without a network run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bridge.app import application
from bridge.inference.network import Network
from bridge.pipeline.cache import Cache
from bridge.pipeline.pipeline import Pipeline
from bridge.pipeline.redecode import FOLDER, kept_calls, redecode
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import item_result_json, item_score
from tests.raising import raises_code
from tests.support import sine

CHOSEN = {"separation.separator": "whole_mix", "hearing.best.other": "notes", "score.find_tempo": False}


@pytest.mark.parametrize(("engines", "part_id"), [("notes", "other"), ("notes + drums", "other/notes")])
def test_a_part_is_heard_again_as_a_run_at_that_sensitivity_hears_it(
    engines: str, part_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wav = sine(tmp_path / "a.wav", hz=220)
    request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "a"),))
    chosen = {**CHOSEN, "hearing.best.other": engines}

    def run(folder: Path, sensitivity: float) -> dict[str, object]:
        app = application({**chosen, "transcribers.notes.sensitivity": sensitivity}, tmp_path / "home")
        cache = Cache(tmp_path / "cache", limit=1e9)
        outcome = Pipeline(app.settings, app.context, cache).run(request, folder, lambda stage, fraction: None)
        return item_result_json(outcome.items[0], folder)

    first = run(tmp_path / "first", 0.5)

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was run")

    monkeypatch.setattr(Network, "beside", no_network)
    monkeypatch.setattr(Network, "__call__", no_network)
    second = run(tmp_path / "second", 0.9)
    settings = application(chosen, tmp_path / "home").settings
    part = redecode(tmp_path / "first", request, first, part_id=part_id, sensitivity=0.9, settings=settings)
    score = item_score(second)
    (whole,) = (part for part in (*score.parts, *score.hidden) if part.id == part_id)
    assert [(round(n.onset_s, 4), n.pitch, n.velocity) for n in part.notes] == [
        (n.onset_s, n.pitch, n.velocity) for n in whole.notes
    ]
    assert len(part.candidates) == len(whole.candidates)
    with raises_code("sensitivity-fixed"):
        redecode(tmp_path / "first", request, first, part_id="bass", sensitivity=0.9, settings=settings)


@pytest.mark.parametrize("damage", ["gone", "cut", "nonsense", "link"])
@pytest.mark.first_is_enough
def test_what_is_gone_or_damaged_is_a_sentence(tmp_path: Path, damage: str) -> None:
    wav = sine(tmp_path / "a.wav", hz=220)
    request = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(wav), "a"),))
    app = application(CHOSEN, tmp_path / "home")
    job = tmp_path / "job"
    outcome = Pipeline(app.settings, app.context, Cache(tmp_path / "cache", limit=1e9)).run(
        request, job, lambda stage, fraction: None
    )
    item = item_result_json(outcome.items[0], job)
    assert len(kept_calls(job, 0)) == 1
    (file,) = [p for p in (job / FOLDER / "0").iterdir() if p.suffix != ".json"]
    if damage == "gone":
        shutil.rmtree(job / FOLDER)
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    elif damage == "nonsense":
        file.write_bytes(b'{"format": "dawscribe activations 1", "facts": {}, "blobs": {"maps": 3}}\nabc')
    else:
        file.unlink()
        file.symlink_to(wav)
    with raises_code("activations-gone"):
        redecode(job, request, item, part_id="other", sensitivity=0.9, settings=app.settings)

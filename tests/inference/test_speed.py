"""What is said of a job before it begins, and what is learned from it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bridge.inference.speed import FILE, Demand, Estimate, Speeds, span_words
from bridge.pipeline.forecast import Forecast

DEMANDS = [Demand(58.0, 900.0), Demand(4.0, 200.0)]


def test_the_first_time_is_a_guess_that_grows_with_the_length(tmp_path: Path) -> None:
    speeds = Speeds(tmp_path)
    short, long = (speeds.estimate("a", length_s, DEMANDS) for length_s in (10.0, 100.0))
    assert short is not None and long is not None
    assert long.seconds == pytest.approx(10 * short.seconds)
    assert short.memory_mb == long.memory_mb > 1_100
    assert not short.measured
    assert "by guess" in short.words
    assert speeds.estimate("a", 10.0, []) is None


def test_later_it_is_what_this_machine_took(tmp_path: Path) -> None:
    speeds = Speeds(tmp_path)
    speeds.keep("a", 100.0, 50.0)
    assert speeds.estimate("a", 240.0, DEMANDS) == Estimate(120.0, 1300.0, measured=True)
    speeds.keep("a", 100.0, 70.0)
    found = Speeds(tmp_path).estimate("a", 100.0, [])
    assert found is not None
    assert 50 < found.seconds < 70
    assert "by guess" not in found.words
    speeds.keep("b", 2.0, 2.0)  # too short to tell anything
    assert speeds.estimate("b", 2.0, []) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "x"}', '{"a": -1}', '{"a": 1e99}', '{"a": null}'])
def test_nonsense_in_the_file_is_as_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Speeds(tmp_path).estimate("a", 10.0, []) is None


def test_a_home_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    Speeds(tmp_path / "missing").keep("a", 100.0, 50.0)


def test_times_are_said_as_people_do() -> None:
    assert [span_words(s) for s in (0.2, 12.4, 89.0, 200.0)] == ["1 s", "12 s", "89 s", "3 min"]


@pytest.mark.parametrize(("cached", "known"), [(False, True), (True, False)])
def test_a_job_that_took_its_stems_from_the_cache_tells_nothing(tmp_path: Path, cached: bool, known: bool) -> None:
    said: list[Estimate] = []
    speeds = Speeds(tmp_path)
    speeds.keep("a", 100.0, 5_000.0)
    before = speeds.estimate("a", 100.0, [])
    with Forecast(speeds, "a", [], said.append, cached=cached).of(100.0):
        time.sleep(0.01)
    assert said == [before]
    assert (speeds.estimate("a", 100.0, []) != before) is known

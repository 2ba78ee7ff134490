"""Settings: explained, checked, and traced to where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config import load
from bridge.errors import ConfigError
from tests.support import Home


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_users_file_changes_one_setting_and_keeps_the_rest(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "[triggers.osc]\nport = 9000\n"), {"device": "cpu"})
    assert settings.get("triggers.osc.port") == 9000
    assert settings.get("triggers.osc.host") == "127.0.0.1"
    origins = {name: origin for name, _, origin in settings.lines()}
    assert origins["triggers.osc.port"] == str(tmp_path / "config.toml")
    assert origins["triggers.osc.host"] == "default"
    assert origins["device"] == "command line"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[triggers.osc]\nprot = 1\n", 'did you mean "triggers.osc.port"'),
        ("[seperation]\nseparator = 'x'\n", "did you mean"),
        ("[triggers.osc]\nport = 'high'\n", "must be like 9910"),
        ("device = 3\n", "must be like 'auto'"),
        ("[triggers]\nosc = 1\n", "is a table"),
        ("device = [", "not valid TOML"),
        ("[triggers.ocs]\nport = 1\n", 'did you mean "triggers.osc.port"'),
        ("[separators.htdemuks]\noverlap = 0.1\n", 'did you mean "separators.htdemucs.overlap"'),
        ("[hosts.repaer]\none_shots = false\n", 'did you mean "hosts.reaper.one_shots"'),
        ("[transcription]\ndrumms = 'notes'\n", 'did you mean "hearing.best.drums"'),
        ("[hosts.reaper.instruments]\nbas = ['ReaSynth']\n", 'did you mean "hosts.reaper.instruments.bass"'),
        ("[hosts.reaper.instruments]\nguitar = 'ReaSynth'\n", "a list of texts"),
        ("[models]\nfolders = [3]\n", "a list of texts"),
        ("[triggers.osc]\nport = 70000\n", '"triggers.osc.port" in .* between 1 and 65535'),
        ("[triggers.osc]\nport = -1\n", '"triggers.osc.port"'),
        ("[triggers.spool]\npoll_s = 0\n", '"triggers.spool.poll_s"'),
        ("[cache]\nlimit_gb = -1\n", "must be 0 or more"),
        ("[cache]\nlimit_gb = nan\n", '"cache.limit_gb"'),
        ("[daemon]\nidle_s = inf\n", '"daemon.idle_s"'),
    ],
)
def test_mistakes_are_sentences(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace("(", r"\(")):
        load(write(tmp_path, text))


def test_tables_of_outsiders_are_open(tmp_path: Path) -> None:
    text = "[transcribers.mine]\ndepth = 3\nwidth = 4\n[transcription]\nguitar = 'mine'\n"
    settings = load(write(tmp_path, text + "[hosts.mine.instruments]\nbass = ['Moog']\n"))
    assert settings.table("transcribers.mine") == {"depth": 3, "width": 4}
    assert settings.get("hearing.best.guitar") == "mine"
    assert settings.get("hosts.mine.instruments.bass") == ["Moog"]


def test_a_cache_without_a_limit(home: Home, wav: Path) -> None:
    home.configure("[cache]\nlimit_gb = inf\n[triggers.osc]\nenabled = false\n")
    home.start()
    assert home.wait_end(home.submit(home.request("limit-0001", wav)))["state"] == "done"


def test_a_folder_of_nobody_is_a_sentence(home: Home) -> None:
    home.configure('[models]\nfolders = ["~nobody-of-this-name/models"]\n')
    done = home.run("daemon", "--detach", check=False)
    assert done.returncode == 2
    assert "models.folders" in done.stderr


@pytest.mark.parametrize("variable", ["DAWSCRIBE_HOME", "DAWSCRIBE_MODELS"])
def test_a_variable_with_a_folder_of_nobody_is_a_sentence(home: Home, variable: str) -> None:
    home.env[variable] = "~nobody-of-this-name/d"
    done = home.run("models", "list", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith('dawscribe: The folder "~nobody-of-this-name/d" of ' + variable)
    assert done.stderr.count("\n") == 1


def test_the_command_prints_value_and_origin(home: Home) -> None:
    lines = home.run("config").stdout.splitlines()
    assert any(line.startswith('separation.separator = "fake"') and "config.toml" in line for line in lines)
    assert "# default" in home.run("config").stdout
    assert "[separation]" in home.run("config", "--explain").stdout

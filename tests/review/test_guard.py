"""The page's server against everybody who is not its page: 100 hostile requests, none is let in, none does harm."""

from __future__ import annotations

import itertools
import json
import re
import stat
from pathlib import Path

import pytest

import bridge.review
from tests.review.conftest import Page
from tests.support import Home


def paths_of(page: Page) -> list[str]:
    """What only the page may read."""
    sound, peaks = f"{page.api}/items/0/sound/mix?start=0&frames=10", f"{page.api}/items/0/peaks/mix"
    return ["/api/jobs", page.api, f"{page.api}/partial", sound, peaks]


def test_only_who_knows_the_token_gets_in(fresh: Page) -> None:
    for path in paths_of(fresh):
        assert fresh.ask("GET", path)[0] == 401
    for token in ["", "x", fresh.token[:-1], fresh.token + "x", None, 7, [fresh.token], {"a": 1}]:
        assert fresh.ask("POST", "/session", {"token": token})[0] == 401
    fresh.enter()
    for path in paths_of(fresh):
        assert fresh.ask("GET", path)[0] == 200
    fresh.cookie = fresh.cookie[:-2] + "xx"
    for path in paths_of(fresh):
        assert fresh.ask("GET", path)[0] == 401


@pytest.mark.slow
def test_the_address_is_for_the_user_alone_and_goes_with_the_daemon(page: Page) -> None:
    file = page.home.folder / "review.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page.home.run("stop")
    assert not file.exists()


def test_a_hundred_hostile_requests_are_refused_and_harm_nothing(fresh: Page) -> None:
    fresh.enter()
    port, api = fresh.port, fresh.api
    before = (fresh.folder / "result.json").read_bytes()
    refused = 0
    # Other names for this machine: DNS rebinding.
    for host in [
        "evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.2:{port}",
        f"0.0.0.0:{port}", f"[::1]:{port}", f"127.0.0.1:{port}.evil.example", f"LOCALHOST.:{port}",
        f"2130706433:{port}",
    ]:  # fmt: skip
        for path in ["/", "/static/main.js", api]:
            assert fresh.ask("GET", path, headers={"Host": host})[0] == 421
            refused += 1
    # Other pages of the user's browser.
    for origin in [
        "null",
        "http://evil.example",
        f"https://127.0.0.1:{port}",
        f"http://127.0.0.1:{port + 1}",
        "file://",
    ]:
        for method, path in [("GET", api), ("POST", f"{api}/edits"), ("POST", "/session"), ("GET", "/")]:
            assert fresh.ask(method, path, {} if method == "POST" else None, {"Origin": origin})[0] == 403
            refused += 1
    for site in ["cross-site", "same-site"]:
        assert fresh.ask("GET", api, headers={"Origin": "", "Sec-Fetch-Site": site})[0] == 403
        refused += 1
    for path in [f"{api}/edits", "/session"]:
        assert fresh.ask("POST", path, {}, {"Origin": ""})[0] == 403
        refused += 1
    # Ways out of the folders.
    for path in [
        "/static/../guard.py", "/static/%2e%2e/guard.py", "/static/..%2fguard.py", "/static//etc/passwd",
        "/static/.hidden.js", "/static/vendor/../../guard.py", "/static/main.py", "/static/", "/static/main.js/",
        "/static/%00main.js", "/etc/passwd", "/api", "/api/jobs/..", "/api/jobs/%2e%2e%2f", "/api/jobs/none-such-job",
        f"{api}/items/9/peaks/mix", f"{api}/items/-1/peaks/mix", f"{api}/items/0/peaks/..%2f..%2fresult",
        f"{api}/items/0/peaks/result.json", f"{api}/items/0/tiles/mix/9/0", f"{api}/items/0/tiles/mix/0/999999999",
        f"{api}/items/0/tiles/mix/0/-1", f"{api}/items/0/sound/mix", f"{api}/items/0/sound/mix?start=x&frames=1",
        f"{api}/items/0/sound/mix?start=-1&frames=1", f"{api}/items/0/sound/mix?start=0&frames=99999999999",
        f"{api}/items/0/one_shots/36", f"{api}/items/0/one_shots/%2e%2e",
    ]:  # fmt: skip
        assert fresh.ask("GET", path)[0] in (400, 404), path
        refused += 1
    # Bodies that are none of ours.
    edit = {"label": "x", "item": 0, "ops": [{"op": "notes", "part": "bass", "put": []}]}
    deep: object = []
    for _ in range(500):
        deep = [deep]
    bodies: list[object] = [
        {}, {"seq": 0}, {"seq": 0, "action": "eval"}, {"seq": 0, "action": ["append"]}, {"seq": 0, "action": "append"},
        {"seq": "0", "action": "append", "edit": edit}, {"seq": True, "action": "append", "edit": edit},
        {"seq": 9, "action": "append", "edit": edit}, {"seq": 0, "action": "append", "edit": {**edit, "item": 5}},
        {"seq": 0, "action": "append", "edit": {**edit, "label": "x" * 500}},
        {"seq": 0, "action": "append", "edit": deep},
        {"seq": 0, "action": "undo"}, {"seq": 0, "action": "redo"},
    ]  # fmt: skip
    for data in bodies:
        assert fresh.ask("POST", f"{api}/edits", data)[0] in (400, 409), str(data)[:80]
        refused += 1
    for body in [b"", b"{", b"[]", b"\xff\xfe", b'{"seq": 1e999}', b"{" * 5000]:
        headers = {"Content-Type": "application/json"}
        assert fresh.ask("POST", f"{api}/edits", headers=headers, body=body)[0] == 400
        refused += 1
    assert fresh.ask("POST", f"{api}/edits", headers={"Content-Type": "text/plain"}, body=b"{}")[0] == 400
    assert fresh.ask("POST", f"{api}/edits", body=b"x" * 100, headers={"Content-Length": str(1 << 30)})[0] == 413
    assert fresh.ask("PUT", api, {})[0] == 405
    assert fresh.ask("DELETE", api, {})[0] == 405
    refused += 4
    assert refused >= 100
    assert (fresh.folder / "result.json").read_bytes() == before
    assert not (fresh.folder / "edits.json").exists()
    assert fresh.ask("GET", api)[0] == 200


HOSTILE = ["x" * 300, "x" * 9_000, "a/" * 4_000, "%ff%fe", "%00", "%ed%a0%80", "con", ".", "%2e%2e", "-1", "1" * 5_000]


def test_no_name_in_an_address_is_a_fault_inside(fresh: Page) -> None:
    fresh.enter()
    routes = (Path(bridge.review.__file__).parent / "routes").glob("*.py")
    paths = {p for file in routes for p in re.findall(r'Route\((item \+ )?"(/[^"]+)"', file.read_text())}
    assert len(paths) > 15
    item = "/api/jobs/{job}/items/{item:int}"
    for begin, path in sorted(paths):
        whole = (item if begin else "") + path
        fields = re.findall(r"{[^}]+}", whole)
        for field, name in itertools.product(fields, HOSTILE):
            address = whole.replace(field, name).replace("{job}", fresh.job)
            address = re.sub(r"{source}", "mix", re.sub(r"{(item|level|index|pitch):int}", "0", address))
            address = re.sub(r"{[^}]+}", "x", address)
            for method in ("GET", "POST"):
                status = fresh.ask(method, address, {} if method == "POST" else None)[0]
                assert status < 500, (method, address[:200], status)
    for text in ["x", "1" * 1_500, "1" * 5_000, "1e999", "nan", "inf", "-1", "%ff", "1&start=2"]:
        for query in (f"start={text}&frames=9", f"start=0&frames={text}", text):
            assert fresh.ask("GET", f"{fresh.api}/items/0/sound/mix?{query}")[0] in (200, 400, 414), query[:80]
    assert "Traceback" not in (fresh.home.folder / "verbose.log").read_text()


def test_every_answer_forbids_what_the_page_does_not_need(fresh: Page) -> None:
    for path in ["/", "/static/main.js", fresh.api]:
        headers = fresh.ask("GET", path)[2]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
    text = fresh.ask("GET", "/")[1].decode()
    assert "http" not in text.replace("http-equiv", "")
    assert "<script>" not in text


@pytest.mark.slow
def test_an_edit_is_on_the_disk_when_it_is_answered_and_survives_the_daemon(page: Page) -> None:
    page.enter()
    document = json.loads(page.ask("GET", page.api)[1])
    note = document["items"][0]["parts"][1]["notes"][0]
    part = document["items"][0]["parts"][1]["id"]
    edit = {"label": "Remove note", "item": 0, "ops": [{"op": "notes", "part": part, "shelve": [note[0]]}]}
    assert (
        json.loads(page.ask("POST", f"{page.api}/edits", {"seq": 0, "action": "append", "edit": edit})[1])["seq"] == 1
    )
    assert page.ask("POST", f"{page.api}/edits", {"seq": 0, "action": "append", "edit": edit})[0] == 409
    page.home.kill()
    page.home.start()
    again = Page(page.home)
    again.enter()
    document = json.loads(again.ask("GET", page.api)[1])
    assert (document["seq"], document["cursor"], document["edits"]) == (1, 1, [edit])
    assert again.ask("POST", f"{page.api}/edits", {"seq": 1, "action": "undo"})[0] == 200
    assert json.loads(again.ask("GET", page.api)[1])["cursor"] == 0


def test_a_damaged_log_of_edits_is_said(fresh: Page) -> None:
    fresh.enter()
    (fresh.folder / "edits.json").write_text('{"edits": "x"}')
    status, body, _ = fresh.ask("GET", fresh.api)
    assert status == 400
    assert "damaged" in json.loads(body)["message"]


@pytest.mark.slow
def test_a_second_daemon_of_another_home_has_another_token(page: Page, tmp_path: Path) -> None:
    other = Home(tmp_path / "other", "[triggers.osc]\nenabled = false\n")
    other.start()
    try:
        second = Page(other)
        page.enter()
        second.cookie = page.cookie
        assert second.port != page.port
        assert second.ask("GET", "/api/jobs")[0] == 401
        assert second.ask("POST", "/session", {"token": page.token})[0] == 401
    finally:
        other.kill()

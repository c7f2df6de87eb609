"""The Dockerfile without an engine: it copies what exists, and what it copies is enough to build the package."""

import fnmatch
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parents[2]
LINES: Final = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
COMPOSE: Final = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def words(instruction: str) -> list[list[str]]:
    return [line.split()[1:] for line in LINES if line.startswith(f"{instruction} ")]


def copied() -> list[str]:
    """What comes from the checkout, without a trailing slash."""
    return [source.rstrip("/") for copy in words("COPY") if not copy[0].startswith("--from") for source in copy[:-1]]


def test_it_copies_what_exists_and_what_dockerignore_lets_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split()
    assert ignore[0] == "*"
    allowed = [line[1:].rstrip("/") for line in ignore if line.startswith("!")]
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), source
    assert sorted(allowed) == sorted(copied())


def test_both_stages_start_from_one_base_with_its_exact_version() -> None:
    bases = {line[0] for line in words("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-[a-z]+", bases.pop())


def test_it_installs_locked_packages_only() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]


def test_it_runs_as_the_user_and_in_the_folder_that_compose_expects() -> None:
    processor = COMPOSE["services"]["processor"]
    assert words("USER") == [[processor["user"]]]
    ((volume,),) = words("VOLUME")
    assert f"processor-state:{volume}" in processor["volumes"]
    assert processor["command"][:3] == ["serve", "--data-dir", volume]
    (health,) = [line for line in LINES if line.lstrip().startswith("HEALTHCHECK")]
    assert processor["healthcheck"]["test"][3] in health


def test_what_it_copies_builds_a_complete_package(tmp_path: Path) -> None:
    context = tmp_path / "context"
    for source in copied():
        target = context / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(context),
    ]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "otel_quality"
    assert {str(file.relative_to(ROOT)) for file in package.rglob("*") if file.suffix in {".py", ".typed"}} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)

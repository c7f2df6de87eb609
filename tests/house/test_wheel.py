"""The wheel holds every file of the package, also those that are no Python: rubric, reference sessions, what the page is made of."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house.sources import ROOT


def test_the_wheel_holds_all_that_is_committed_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(["git", "ls-files", "otel_quality"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {name for name in listed.split() if (ROOT / name).exists()}
    assert {"otel_quality/judge/rubrics/default.toml", "otel_quality/judge/anchors/default.jsonl"} <= wanted
    assert sorted(wanted - held) == []

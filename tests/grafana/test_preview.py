"""The previewer's packages are the versions that the pictures' label names, locked without an address to fetch them from."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from grafana.pictures import EVERYTHING, PICTURES, PREVIEW, SHOWN, STORIES, WIDTHS, main
from tests.grafana.boards import BOARDS

PACKAGE: Final[dict[str, Any]] = json.loads((PREVIEW / "package.json").read_text())
LOCK: Final[dict[str, Any]] = json.loads((PREVIEW / "package-lock.json").read_text())
PAGE: Final = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text()


def test_packages_are_pinned_and_locked_by_checksum_alone() -> None:
    wanted = PACKAGE["dependencies"] | PACKAGE["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = LOCK["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in each and "resolved" not in each for path, each in locked.items() if path)
    assert "omit-lockfile-registry-resolved=true" in (PREVIEW / ".npmrc").read_text()


def test_every_picture_is_labelled_with_the_version_that_drew_it() -> None:
    versions = {version for name, version in PACKAGE["dependencies"].items() if name.startswith("@grafana/")}
    (version,) = versions
    label = f"*Preview, made with Grafana's front-end packages {version}.*"
    images = re.findall(r"^!\[.*\]\(pictures/.*\)$", PAGE, re.MULTILINE)
    assert images
    assert all(f"{image}\n\n{label}\n" in PAGE for image in images)
    assert version in (PREVIEW / "NOTICE").read_text()


def test_the_pictures_of_the_page_are_those_that_are_drawn() -> None:
    named = {picture.name for picture in SHOWN}
    assert set(re.findall(r"\(pictures/([^)]+)\)", PAGE)) == named
    assert {path.name for path in PICTURES.glob("*.png")} == named
    assert sum(path.stat().st_size for path in PICTURES.glob("*.png")) < 3_000_000


def test_all_means_every_board_in_every_state_at_every_width() -> None:
    seen = {(f"llmq-{picture.board}", picture.moment, picture.width) for picture in EVERYTHING}
    assert seen == {(uid, moment, width) for uid in BOARDS for moment in STORIES[uid.removeprefix("llmq-")] for width in WIDTHS}


def test_a_missing_program_is_named_with_its_package(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert main([]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "chromium (apt-get install chromium)" in line


def test_sources_are_written_to_be_read() -> None:
    for path in [*PREVIEW.glob("*.mjs"), *(PREVIEW / "src").iterdir()]:
        lines = path.read_text().splitlines()
        assert lines[0].startswith("//"), f"{path.name} does not say what it is"
        assert max(map(len, lines)) <= 140, path.name
        assert len(lines) < 300, path.name

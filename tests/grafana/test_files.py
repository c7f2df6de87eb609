"""The committed files are what the code says, and `--check` notices when they are not."""

import json
from pathlib import Path

import pytest

from grafana import __main__ as command
from tests.grafana.boards import BOARDS


def test_committed_dashboards_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().err


def test_written_dashboards_pass_the_check_and_hold_the_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "FOLDER", tmp_path / "dashboards")
    assert command.main(["--check"]) == 1
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    assert {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "dashboards").iterdir()} == BOARDS


@pytest.mark.parametrize("change", ["edited", "removed", "stray"])
def test_check_names_the_file_that_is_wrong_and_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    command.main([])
    wrong = tmp_path / "llmq-drift.json"
    if change == "edited":
        wrong.write_text(wrong.read_text("utf-8").replace("30s", "31s"), "utf-8")
    elif change == "removed":
        wrong.unlink()
    else:
        wrong = tmp_path / "llmq-sessions.json"
        wrong.write_text("{}", "utf-8")
    assert command.main(["--check"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{wrong.name}: ")
    assert line.endswith("run python -m grafana")


def test_a_board_is_the_same_each_time_it_is_built() -> None:
    from grafana.boards import BOARDS as builders

    assert [command.rendered(build()) for build in builders] == [command.rendered(board) for board in BOARDS.values()]

"""The generator of docs/reference.md: tables stay tables, defaults are written as in the file, `--check` tells."""

import sys
from pathlib import Path

import pytest

from tools import reference


def test_a_cell_holds_whatever_text_it_gets() -> None:
    assert reference.table(("a", "b"), [("x | y", "one\ntwo")]) == "| a | b |\n| --- | --- |\n| x \\| y | one two |\n"


@pytest.mark.parametrize(("value", "written"), [(None, ""), (True, "`true`"), ((), "`[]`"), (0.5, "`0.5`"), ("x", "`x`")])
def test_defaults_are_written_as_in_the_file(value: object, written: str) -> None:
    assert reference.written(value) == written


def test_check_fails_until_the_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(reference, "DOCUMENT", tmp_path / "docs" / "reference.md")
    monkeypatch.setattr(sys, "argv", ["reference", "--check"])
    assert reference.main() == 1
    assert "run it" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["reference"])
    assert reference.main() == 0
    monkeypatch.setattr(sys, "argv", ["reference", "--check"])
    assert reference.main() == 0

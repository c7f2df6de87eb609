"""The house's own tools see what they must see."""

import ast
from pathlib import Path

import click
import pytest

from tests.house import pages, sources
from tests.house.test_pages import check_docker, check_make, check_otel_quality


def block(language: str, text: str) -> pages.Block:
    return pages.Block(Path("page.md"), 1, language, "", text)


def test_a_console_block_is_commands_after_the_prompt_and_output() -> None:
    text = "$ A=1 otel-quality scores --task 'a b' | jq . > out.json\nanthropic 93\n$ make demo && git \\\n  status\n"
    assert list(pages.commands(block("console", text))) == [
        ["otel-quality", "scores", "--task", "a b"],
        ["jq", "."],
        ["make", "demo"],
        ["git", "status"],
    ]


def test_a_bash_block_is_commands_and_comments() -> None:
    assert list(pages.commands(block("bash", "# why\nmake test\n\ncurl -s http://x/y  # see\n"))) == [
        ["make", "test"],
        ["curl", "-s", "http://x/y"],
    ]


def test_a_page_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "p.md").write_text(
        'a [l](docs/x.md#y) <img src="p.png"> [m](https://e.org)\n\n```python not run: key\nx = 1\n```\n- i\n  ```toml\n  [a]\n  ```\n'
    )
    first, second = pages.blocks(Path("p.md"))
    assert (first.line, first.language, first.mark, first.text) == (3, "python", "not run: key", "x = 1\n")
    assert (second.language, second.text) == ("toml", "[a]\n")
    assert pages.links(Path("p.md")) == ["docs/x.md", "p.png"]


def test_commands_in_running_text_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "p.md").write_text("Say `otel-quality drift\n--json` or `otel-quality`.\n\n    make test\n\n```text\nmake no\n```\n")
    assert list(pages.mentions(Path("p.md"), "otel-quality", "make")) == [["otel-quality", "drift", "--json"], ["make", "test"]]


@pytest.mark.parametrize("words", [["scores", "--nonsense"], ["scores", "--task"], ["drifted"]])
def test_a_wrong_command_on_a_page_is_found(words: list[str]) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        check_otel_quality(words)


def test_a_wrong_make_target_profile_or_file_on_a_page_is_found() -> None:
    for check, words in (
        (check_make, ["demos"]),
        (check_docker, ["compose", "--profile", "x", "up"]),
        (check_docker, ["compose", "-f", "x.yml"]),
    ):
        with pytest.raises(AssertionError):
            check(words)
    check_make(["demo", "ARGS=--seconds 5"])
    check_docker(["compose", "--profile", "traces", "up", "-d"])


def test_a_docstring_is_no_string_and_the_fixed_parts_of_an_f_string_are() -> None:
    module = ast.parse('"""llmq_doc"""\nx = f"llmq_a {1}"\n\ndef f():\n    """llmq_b"""\n    return "llmq_c"\n')
    assert [text for _, text in sources.strings(module)] == ["llmq_a ", "llmq_c"]


def test_names_are_seen_however_they_are_imported() -> None:
    module = ast.parse("import time\nfrom time import sleep\nfrom unittest import mock\ntime.sleep(1)\n")
    assert {name for _, name in sources.names(module)} == {"time", "time.sleep", "unittest.mock"}

"""Reference sessions: the shipped ones are sound, a team's own are read or refused in words, an edited one has a new name."""

import json
from pathlib import Path

import pytest

from otel_quality.judge.masking import masked
from otel_quality.service.judging import anchors
from otel_quality.vocabulary.errors import ConfigError

SESSION = {"id": "greeting", "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello!"}]}


def test_the_shipped_ones_are_few_short_and_hold_nothing_to_mask() -> None:
    shipped = anchors.load("")
    assert 5 <= len(shipped) <= 10
    assert all(name.startswith("anchor/") for name in shipped)
    for said in shipped.values():
        assert 100 < sum(len(line.text) for line in said.lines) < 3_000
        assert masked(said).lines == said.lines


def test_there_are_none_where_they_are_off() -> None:
    assert anchors.load("off") == {}


def test_an_edited_one_is_another(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps(SESSION) + "\n\n")
    (before,) = anchors.load(str(file))
    file.write_text(json.dumps(SESSION).replace("Hello!", "Hi!"))
    (after,) = anchors.load(str(file))
    assert before.split("@")[0] == after.split("@")[0] == "anchor/greeting"
    assert before != after


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, r"own\.jsonl: No such file or directory"),
        ("", r"own\.jsonl holds no session; write off for none"),
        ("{", r"own\.jsonl:1: Expecting property name"),
        ("[1]", r'own\.jsonl:1: it must be an object with "id" and "messages"'),
        ('{"id": "a", "messages": []}', r"own\.jsonl:1: "),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "own.jsonl"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=f"judge.anchors: .*{problem}"):
        anchors.load(str(file))


def test_more_than_every_run_should_pay_for_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text("\n".join(json.dumps(SESSION | {"id": f"s{number}"}) for number in range(101)))
    with pytest.raises(ConfigError, match="101 sessions, and every run judges them all; 100 are the most"):
        anchors.load(str(file))

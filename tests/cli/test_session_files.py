"""`sessions grade` and `sessions calibrate`: files of every packing; what is bad is told, the rest is graded."""

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from otel_quality.cli.group import run
from tests.core.sessions.test_exports import CHATGPT, CLAUDE

SAMPLE = Path(__file__).parents[1] / "data" / "sessions" / "sample.jsonl"
MESSAGES = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "All of it is done now."}]
ONE = {"id": "one", "messages": MESSAGES}


def graded(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[list[dict[str, Any]], str]:
    assert run(["sessions", "grade", "--json", *map(str, arguments)]) == code
    printed = capsys.readouterr()
    return [json.loads(line) for line in printed.out.splitlines()], printed.err


def test_a_grade_is_one_line_in_the_terms_of_a_checker(capsys: pytest.CaptureFixture[str]) -> None:
    grades, _ = graded(capsys, SAMPLE)
    assert len(grades) == 24
    for each in grades:
        assert isinstance(each["task_completed"], bool)
        assert 1 <= each["tool_calls_efficient"] <= 5
        assert 1 <= each["response_quality"] <= 5
        assert isinstance(each["errors_recovered"], bool)
        assert isinstance(each["loop_risk"], bool)
        assert isinstance(each["error_types"], list)
        assert each["p_completed"] is None
        assert set(each["signs"]) == {"completion", "efficiency", "quality"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps(ONE).encode()),
        ("a.json", json.dumps(ONE, indent=1).encode()),
        ("a.json", json.dumps([ONE]).encode()),
        ("a.jsonl", b"\n" + json.dumps(ONE).encode() + b"\n\n"),
        ("a.jsonl.gz", gzip.compress(json.dumps(ONE).encode())),
        ("a.jsonl.xz", lzma.compress(json.dumps(ONE).encode())),
        ("packed", lzma.compress(json.dumps(ONE).encode())),
    ],
)
def test_every_kind_of_file_is_read(name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(content)
    assert [each["id"] for each in graded(capsys, tmp_path / name)[0]] == ["one"]


def test_a_bare_message_list_is_one_session_and_several_are_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.json").write_text(json.dumps(MESSAGES))
    (tmp_path / "two.json").write_text(json.dumps([MESSAGES, MESSAGES]))
    assert len(graded(capsys, tmp_path / "one.json")[0]) == 1
    assert len(graded(capsys, tmp_path / "two.json")[0]) == 2


def test_the_export_of_a_chat_application_is_many_sessions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conversations.json").write_text(json.dumps([CHATGPT, CLAUDE]))
    assert [each["id"] for each in graded(capsys, tmp_path / "conversations.json")[0]] == ["c-1", "c-2"]


def test_a_directory_is_all_session_files_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ONE))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps({**ONE, "id": "two"}).encode()))
    (tmp_path / "NOTICE.md").write_text("no session")
    assert [each["id"] for each in graded(capsys, tmp_path)[0]] == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"hello", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (json.dumps(ONE).encode()[:40], "not JSON"),
        (lzma.compress(json.dumps(ONE).encode())[:-20], "the file ends too early"),
        (gzip.compress(json.dumps(ONE).encode(), mtime=0)[:-10], "the file ends too early"),
        (b"\xfd7zXZ\x00garbage", "cannot be read"),
        (b'{"text": "x"}', "an object needs `messages`"),
        (b"3", "messages are a list, not a number"),
        (b'[{"role": "alien"}]', "message 0 has the role 'alien'"),
        (b"[]", "the list is empty"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_the_others_are_graded(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").write_bytes(content)
    (tmp_path / "good.json").write_text(json.dumps(ONE))
    grades, errors = graded(capsys, tmp_path / "bad", tmp_path / "good.json", code=1)
    assert [each["id"] for each in grades] == ["one"]
    (line,) = errors.splitlines()
    assert line.startswith(f"otel-quality: {tmp_path / 'bad'}")
    assert said in line


def test_a_truncated_file_of_lines_gives_what_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SAMPLE.read_text()
    (tmp_path / "cut.jsonl").write_text(text[: len(text) * 2 // 3])
    whole = text[: len(text) * 2 // 3].count("\n")
    grades, errors = graded(capsys, tmp_path / "cut.jsonl", code=1)
    assert len(grades) == whole > 3
    assert f"cut.jsonl:{whole + 1}: not JSON" in errors


def test_a_bad_line_is_told_wherever_it_stands_and_the_others_are_graded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.dumps({**ONE, "id": name}) for name in "ab"]
    for bad in range(3):
        (tmp_path / "bad.jsonl").write_text("\n".join([*lines[:bad], '{"id": oops', *lines[bad:]]))
        grades, errors = graded(capsys, tmp_path / "bad.jsonl", code=1)
        assert [each["id"] for each in grades] == ["a", "b"]
        assert errors.startswith(f"otel-quality: {tmp_path / 'bad.jsonl'}:{bad + 1}: not JSON: ")


def test_of_a_list_of_sessions_what_is_none_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.json").write_text(json.dumps([ONE, {"text": "x"}, {**ONE, "id": "two"}]))
    grades, errors = graded(capsys, tmp_path / "list.json", code=1)
    assert [each["id"] for each in grades] == ["one", "two"]
    assert errors == f"otel-quality: {tmp_path / 'list.json'}:1[1]: no session: an object needs `messages`; its keys are text\n"


def test_a_file_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert graded(capsys, "nowhere.json", code=2)[1].count("\n") == 1


def test_half_a_character_in_a_name_is_printed_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "half.json").write_text(json.dumps({**ONE, "id": "\ud800"}))
    assert [each["id"] for each in graded(capsys, tmp_path / "half.json")[0]] == ["\ud800"]


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hostile.json").write_text(json.dumps({**ONE, "id": "a\x1b[2Jb\nc"}))
    assert run(["sessions", "grade", str(tmp_path / "hostile.json")]) == 0
    _, row, total = capsys.readouterr().out.splitlines()
    assert row.startswith("a [2Jb c ")
    assert total.startswith("1 session, ")


def test_people_see_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "grade", str(SAMPLE)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 26
    assert lines[0].split() == ["session", "type", "efficiency", "quality", "grade"]
    assert "24 sessions" in lines[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--calibrate-with", "S", "F"],
        ["F", "--calibrate-with", "S"],
        ["--calibrate-with", "S", "S", "--", "F"],
        ["--calibrate-with=S", "F"],
    ],
)
def test_labelled_sessions_give_a_probability(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sessions = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    (tmp_path / "f.jsonl").write_text("\n".join(json.dumps({"id": each["id"], "messages": each["messages"]}) for each in sessions))
    filled = [each.replace("S", str(SAMPLE)).replace("F", str(tmp_path / "f.jsonl")) for each in arguments]
    grades, errors = graded(capsys, *filled)
    success = {each["id"]: each["success"] for each in sessions}
    said = {kind: [each["p_completed"] for each in grades if success[each["id"]] is kind] for kind in (True, False)}
    assert len(grades) == 24
    assert errors == ""
    assert sum(said[True]) / len(said[True]) > sum(said[False]) / len(said[False])


def test_too_few_labels_say_so_and_leave_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.jsonl").write_text("".join(SAMPLE.read_text().splitlines(keepends=True)[:10]))
    grades, errors = graded(capsys, "--calibrate-with", tmp_path / "few.jsonl", SAMPLE)
    assert "not calibrated: 10 labelled sessions, 20 are needed; grades are those of the rules" in errors
    assert {each["p_completed"] for each in grades} == {None}


def test_calibrate_reports_auc_brier_and_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "calibrate", "--json", "--folds", "2", str(SAMPLE), str(SAMPLE)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["pooled"]["sessions"] == 48
    assert set(report["groups"]) >= {"tau_airline/airline", "tau_retail/retail"}
    assert sum(row["sessions"] for row in report["table"]) == 48
    assert run(["sessions", "calibrate", "--folds", "2", str(SAMPLE), str(SAMPLE)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Cross-validated in 2 folds by task\n")
    assert "mean of groups" in printed


def test_calibrate_with_too_few_labels_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.jsonl").write_text("".join(SAMPLE.read_text().splitlines(keepends=True)[:10]))
    assert run(["sessions", "calibrate", str(tmp_path / "few.jsonl")]) == 1
    assert capsys.readouterr().err == "otel-quality: not calibrated: 10 labelled sessions, 20 are needed\n"

"""The command `feedback`, and the token that commands that write carry, against the real API over loopback and a real store."""

from collections.abc import Iterator, Sequence

import pytest

from tests import samples
from tests.cli.ran import Cli, told
from tests.cli.served import Served
from tests.service.judging.bench import keep
from tests.service.judging.fake import FakeJudge

HOSTILE = "\x1b[31mevil"
TOKEN = "correct-horse-battery-staple"


def test_feedback_is_given_listed_and_taken_back(cli: Cli) -> None:
    assert cli("feedback", "s", "3", "up", "--author", "ada", "--comment", "clear").out == "▲ up  message 3 by ada, 2026-11-21: clear\n"
    assert told(cli("feedback", "s", "0", "down", "--json"))["rating"] == -1
    assert sorted(cli("feedback", "s").out.splitlines()) == ["▲ up  message 3 by ada, 2026-11-21: clear", "▼ down  message 0, 2026-11-21"]
    assert len(told(cli("feedback", "s", "--json"))["feedback"]) == 2


def test_feedback_taken_back_is_gone(cli: Cli, served: Served) -> None:
    cli("feedback", "s", "3", "up")
    served.keeper.now_ns += 10**9
    assert cli("feedback", "s", "3", "--take-back").out == "· taken back  message 3, 2026-11-21\n"
    assert cli("feedback", "s").out == "Nobody said anything of the session.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("s", "3"), "say `up` or `down`, or --take-back"),
        (("s", "3", "up", "--take-back"), "say `up` or `down`, or --take-back"),
        (("s", "--author", "ada"), "need MESSAGE"),
        (("s", "first", "up"), "'first' is not a valid integer"),
        (("s", "3", "good"), "'good' is not one of 'up', 'down'"),
        (("x" * 129, "3", "up"), "session_id"),
    ],
)
def test_wrong_feedback_is_one_line(cli: Cli, arguments: Sequence[str], said: str) -> None:
    ran = cli("feedback", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


def test_a_comment_cannot_write_on_the_terminal(cli: Cli) -> None:
    assert "\x1b" not in cli("feedback", "s", "3", "up", "--comment", HOSTILE).out
    assert "\x1b" not in cli("feedback", "s").out


@pytest.fixture
def guarded(judge: FakeJudge) -> Iterator[Served]:
    with Served(samples.full(), judge=judge, token=TOKEN) as served:
        keep(served.keeper, s="score 80")
        yield served


WRITES = [
    ("feedback", "s", "1", "up"),
    ("eval", "run"),
    ("eval", "cancel", "r"),
    ("drift", "--clear"),
    ("predict", "sh"),
    ("sessions", "override", "s", "--completed"),
    ("sessions", "add", "tests/data/sessions/sample.jsonl"),
]


@pytest.mark.parametrize("command", WRITES)
def test_a_command_that_writes_sends_the_token(cli: Cli, guarded: Served, command: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    api = ("--api", guarded.url)
    refused = cli(*command, *api)
    assert "OTEL_QUALITY_API_TOKEN" in refused.err
    assert refused.code == (1 if "add" in command else 2)
    assert "OTEL_QUALITY_API_TOKEN" not in cli(*command, *api, "--token", TOKEN).err
    monkeypatch.setenv("OTEL_QUALITY_API_TOKEN", TOKEN)
    assert "OTEL_QUALITY_API_TOKEN" not in cli(*command, *api).err


def test_a_token_that_no_header_can_carry_is_one_line(cli: Cli, guarded: Served) -> None:
    ran = cli("feedback", "s", "1", "up", "--token", "a\nb", "--api", guarded.url)
    assert (ran.code, ran.err.count("\n")) == (2, 1)

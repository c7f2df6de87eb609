"""The commands of judged quality against the real API over loopback, a real store and real runs behind a fake judge."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from otel_quality.cli.eval import following
from otel_quality.cli.eval.group import COMMANDS
from otel_quality.client import Client
from otel_quality.core.evaluations.record import Annotation, Assessment, Evaluation, Feedback, Versions
from otel_quality.judge.rubric import SHIPPED
from otel_quality.vocabulary.axes import AXES
from tests import samples
from tests.cli.ran import Cli, told
from tests.cli.served import Served
from tests.service.judging.bench import keep
from tests.service.judging.fake import VERSIONS, FakeJudge
from tests.service.keeper import DAY_NS, messages

DEADLINE_S = 60.0
HOSTILE = "\x1b[31mevil"


@contextmanager
def program(served: Served, *arguments: str, out: int) -> Iterator[subprocess.Popen[bytes]]:
    """A command as a program of its own, whose output goes to a file descriptor."""
    environment = os.environ | {"OTEL_QUALITY_API_URL": served.url, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen([sys.executable, "-m", "otel_quality", *arguments], env=environment, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            process.kill()


# eval run


def test_a_run_is_waited_for_and_told_with_what_failed(cli: Cli, served: Served) -> None:
    keep(served.keeper, good="score 80", bad="fail")
    ran = cli("eval", "run")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[0].startswith("✓ done  ")
    assert lines[0].endswith("  1 of 2 sessions judged, 1 failed")
    assert f"  judge  {VERSIONS.judge}, rubric {VERSIONS.rubric}" in lines
    assert lines[-1].startswith("  ✗ bad  ")
    assert "no JSON" in lines[-1]


def test_sessions_that_failed_are_told_before_reference_sessions_that_did(cli: Cli, served: Served) -> None:
    keep(served.keeper, bad="fail")
    run = told(cli("eval", "run", "--json"))
    references = [{**run["sessions"][0], "session_id": f"anchor/{number}", "anchor": True} for number in range(12)]
    failed = [behind.plain for head, behind in following.lines({**run, "sessions": references + run["sessions"]}) if "✗" in head.plain]
    assert [line.partition(" ")[0] for line in failed] == ["bad", *(f"anchor/{number}" for number in range(9))]


def test_a_run_as_json_is_what_the_api_says_at_its_end(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="score 80")
    ended = told(cli("eval", "run", "--json"))
    assert (ended["status"], [each["state"] for each in ended["sessions"]]) == ("done", ["ok"])


@pytest.mark.parametrize("shape", [lambda said: said, lambda said: {"id": "s", "messages": said}])
def test_a_session_file_is_judged_where_its_text_is_kept(cli: Cli, tmp_path: Path, shape: Callable[[Any], Any]) -> None:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(shape(messages(("sh", "ok"), request="score 80"))))
    assert told(cli("sessions", "add", str(file), "--no-keep", "--json"))["has_transcript"] is False
    assert "there is nothing to judge" in cli("eval", "run").out
    session = told(cli("sessions", "add", str(file), "--keep", "--json"))
    assert (session["has_transcript"], session["status"]) == (True, "pending")
    cli("eval", "run")
    assert told(cli("eval", "show", session["id"], "--json"))["scores"]["goal_completion"] == 80.0


def test_every_part_of_a_wish_reaches_the_run(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="score 80")
    wish = told(cli("eval", "run", "--scope", "all", "--since", "2d", "--limit", "7", "--backend", "other", "--model", "m", "--json"))
    assert (wish["scope"], wish["limit"], wish["backend"], wish["model"]) == ("all", 7, "other", "m")
    assert wish["since"]
    assert told(cli("eval", "run", "--since", "2026-11-01", "--dry-run", "--json"))["dry_run"] is True
    assert told(cli("eval", "run", "--session", "s", "--json"))["session_id"] == "s"


def test_a_run_that_the_judge_makes_impossible_fails_and_so_does_the_command(cli: Cli, served: Served) -> None:
    keep(served.keeper, **{f"s{number}": "score 80" for number in range(50)}, s="unusable")
    ran = cli("eval", "run")
    assert ran.code == 1
    assert ran.out.startswith("✗ failed")
    assert " not reached" in ran.out.splitlines()[0]
    assert "set the variable that key_env names" in ran.out


def test_a_dry_run_tells_sessions_calls_tokens_and_money(cli: Cli, served: Served, judge: FakeJudge) -> None:
    keep(served.keeper, s="score 80", t="score 10")
    out = cli("eval", "run", "--dry-run").out
    for said in (
        "would judge  2 sessions",
        "4 calls, 4,800 tokens, $0.0120",
        "2,000,000 tokens left",
        VERSIONS.judge,
        "Nothing was started.",
    ):
        assert said in out
    assert judge.asked == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scope", "session"), "--scope session needs --session ID"),
        (("--scope", "all", "--session", "s"), "--session ID goes with no other scope"),
        (("--scope", "some"), "'some' is not one of"),
        (("--since", "yesterday"), "yesterday is neither an age such as 7d or 24h nor a time such as 2026-"),
        (("--limit", "0"), "1<=x<=10000"),
        (("--session", "nobody"), "no text of session 'nobody' is kept"),
        (("--backend", "nobody"), "there is no judge 'nobody'"),
        (("--model", "no-library"), "pip install"),
    ],
)
def test_a_wrong_wish_is_one_line(cli: Cli, arguments: Sequence[str], said: str) -> None:
    ran = cli("eval", "run", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


def test_without_a_judge_one_line_says_which_setting(cli: Cli) -> None:
    with Served(samples.full()) as unjudged:
        ran = cli("eval", "run", "--api", unjudged.url)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "[[judge.backends]]" in ran.err


@pytest.fixture
def held() -> Iterator[Served]:
    """A judge that keeps everybody waiting, with two sessions to judge."""
    with Served(samples.full(), judge=FakeJudge(held=True)) as served:
        keep(served.keeper, s="score 80", t="score 10")
        yield served


def latest(served: Served) -> Any:
    return next(iter(Client(served.url).get("/v1/evaluations/runs")["runs"]), None)


def test_no_wait_starts_and_goes_and_the_run_can_be_followed_and_cancelled(cli: Cli, held: Served) -> None:
    api = ("--api", held.url)
    started = told(cli("eval", "run", "--no-wait", "--json", *api))
    assert started["status"] == "running"
    assert cli("eval", "status", *api).out.startswith(f"… running  {started['id']}  0 of 2 sessions judged")
    assert cli("eval", "cancel", started["id"], *api).out.startswith(f"✗ cancelled  {started['id']}  0 of 2 sessions judged, 2 cancelled")
    assert told(cli("eval", "status", started["id"], "--wait", "--json", *api))["status"] == "cancelled"


def test_progress_is_shown_on_a_terminal_and_ctrl_c_ends_the_waiting_and_not_the_run(held: Served) -> None:
    ours, theirs = pty.openpty()
    with program(held, "eval", "run", out=theirs) as process:
        os.close(theirs)
        assert "judging" in read_until(ours, "0/2")
        process.send_signal(signal.SIGINT)
        run_id = latest(held)["id"]
        read_until(
            ours, f"otel-quality: the run goes on; `otel-quality eval status {run_id}` tells how, `otel-quality eval cancel {run_id}`"
        )
        assert process.wait(DEADLINE_S) == 130
    os.close(ours)
    assert latest(held)["status"] == "running"


def read_until(terminal: int, text: str) -> str:
    """What a terminal shows, line ends and styles left out, up to a text."""
    raw, seen, deadline = b"", "", time.monotonic() + DEADLINE_S
    while text not in seen:
        assert select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0], f"{text!r} never came: {seen[-500:]!r}"
        raw += os.read(terminal, 4096)  # it may end within a character or a style, so all of it is read anew
        seen = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]|[\r\n]", "", raw.decode(errors="replace"))
    return seen


# What was found


def test_an_expert_who_stands_apart_is_noted(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="x")
    experts = tuple(
        Assessment(name, dict.fromkeys(AXES) | {"efficiency": value}) for name, value in (("a", 20.0), ("b", 30.0), ("c", 100.0))
    )
    made = Evaluation("r", "s", served.keeper.now_ns, Versions("1:m", "1"), "fake", "m", dict.fromkeys(AXES, 50.0), experts)
    served.keeper.tell(lambda store: store.put_evaluation(made))
    said = "c stands apart on efficiency: 100, the others' median 25"
    assert f"  note: {said}" in cli("eval", "show", "s").out
    assert told(cli("eval", "show", "s", "--json"))["evaluations"][0]["notes"] == [said]


def test_runs_are_listed_newest_first(cli: Cli, served: Served) -> None:
    assert cli("eval", "runs").out == "There is no run yet; `otel-quality eval run` starts one.\n"
    assert "there is no run yet" in cli("eval", "status").err
    keep(served.keeper, s="score 80", t="fail")
    cli("eval", "run")
    served.keeper.now_ns += 10**9
    cli("eval", "run", "--session", "s")
    _, _, first, second = (line.split() for line in cli("eval", "runs").out.splitlines())
    assert (first[1], first[4:6], second[4:6]) == ("done", ["1/1", "0"], ["1/2", "1"])
    assert (first[-3:], second[-3]) == (["session", VERSIONS.judge, VERSIONS.rubric], "unevaluated")
    assert len(told(cli("eval", "runs", "--limit", "1", "--json"))["runs"]) == 1


def test_an_unknown_run_is_one_line(cli: Cli) -> None:
    for command in ("status", "cancel"):
        ran = cli("eval", command, "nope")
        assert (ran.code, ran.err) == (1, "otel-quality: there is no run 'nope'; GET /v1/evaluations/runs lists them\n")


def test_a_session_is_shown_with_what_each_expert_and_everybody_says(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="score 80")
    assert "Not judged yet: `otel-quality eval run` has it judged." in cli("eval", "show", "s").out
    cli("eval", "run")
    cli("eval", "run", "--session", "s")
    cli("feedback", "s", "1", "up", "--comment", HOSTILE)
    note = Annotation("s", "relevance", served.keeper.now_ns, value=0.5, label="fair", author="llm")
    served.keeper.tell(lambda store: store.put_annotations([note]))
    out = cli("eval", "show", "s").out
    assert out.splitlines()[0] == "s  evaluated"
    assert "goal_completion          80  ████████████████░░░░  planner 80, critic 80" in out
    for said in ("  critic: critic says so", "1 earlier evaluation; --all shows them.", "▲ up  message 1", "• relevance  0.50 fair by llm"):
        assert said in out
    assert "\x1b" not in out
    assert cli("eval", "show", "s", "--all").out.count("critic: critic says so") == 2
    shown = told(cli("eval", "show", "s", "--json"))
    assert (shown["status"], len(shown["evaluations"]), len(shown["feedback"])) == ("evaluated", 2, 1)


def test_an_axis_that_does_not_apply_and_an_expert_that_declines_are_told(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="half", old="x")
    cli("eval", "run", "--session", "s")
    assert "  planner: declined to judge" in cli("eval", "show", "s").out
    scores = dict.fromkeys(AXES, 50.0) | {"self_extension": None}
    made = Evaluation("r", "old", served.keeper.now_ns, Versions("1:older", "0"), "fake", "older", scores, (), {"email": 2})
    served.keeper.tell(lambda store: store.put_evaluation(made))
    out = cli("eval", "show", "old").out
    for said in ("old  stale", "self_extension            -  does not apply", "masked: email ×2", "by 1:older, rubric 0  stale"):
        assert said in out


def test_the_list_of_sessions_tells_what_judges_and_people_say_where_they_do(cli: Cli, served: Served) -> None:
    keep(served.keeper, new="x", old="y")
    assert not {"goal", "said"} & set(cli("sessions").out.splitlines()[0].split())
    scores = dict.fromkeys(AXES, 62.5)
    for session, versions in (("new", VERSIONS), ("old", Versions("1:older", "1"))):
        made = Evaluation("r", session, served.keeper.now_ns, versions, "fake", "m", scores, ())
        served.keeper.tell(lambda store, made=made: store.put_evaluation(made))  # type: ignore[misc]
    cli("feedback", "new", "0", "down")
    head, old, new, note = (line.split() for line in cli("sessions").out.splitlines())
    assert (head[-2:], new[-3:], old[-1]) == (["goal", "said"], ["62", "+0", "-1"], "~62")
    assert note == ["~", "judged", "by", "an", "older", "judge", "or", "rubric,", "or", "gone", "on", "since"]
    assert "old" not in cli("sessions", "--status", "evaluated").out
    shown = cli("sessions", "show", "new").out
    assert "said      0 up, 1 down" in shown
    assert "judged    task_complexity 62, goal_completion 62" in shown
    assert "(by an older judge or rubric, or before it went on)" in cli("sessions", "show", "old").out


def test_trends_are_a_line_per_week(cli: Cli, served: Served) -> None:
    keep(served.keeper, s="score 80", t="score 20")
    assert "Nothing was judged in this time" in cli("eval", "stats").out
    cli("eval", "run")
    served.keeper.tell(lambda store: store.put_feedback(Feedback("s", 0, 1, served.keeper.now_ns - 8 * DAY_NS)))
    cli("feedback", "s", "1", "up")
    cli("feedback", "t", "1", "down")
    lines = cli("eval", "stats", "--days", "30").out.splitlines()
    assert lines[0] == "Scores by week, last 30 days"
    assert lines[1] == f"{VERSIONS.judge}, rubric {VERSIONS.rubric}"
    assert lines[3].split() == ["2026-W47", "2", *["50.0"] * 7]
    assert [line.split() for line in lines[-2:]] == [["2026-W46", "1", "0", "100", "%"], ["2026-W47", "1", "1", "50", "%"]]
    split = [line.split()[:3] for line in cli("eval", "stats", "--by-complexity").out.splitlines() if line.startswith("2026-W47")]
    assert split[:2] == [["2026-W47", "0-25", "1"], ["2026-W47", "76+", "1"]]
    assert told(cli("eval", "stats", "--json"))["configured"] is True
    assert cli("eval", "stats", "--days", "366").code == 2


def test_trust_is_a_line_per_figure_and_a_line_per_judge(cli: Cli, served: Served) -> None:
    keep(served.keeper, **{f"s{number}": f"score {number * 8}" for number in range(12)})
    cli("eval", "run")
    for number in range(6):
        made = Evaluation("r", f"anchor/{number}", served.keeper.now_ns, VERSIONS, "fake", "m", dict.fromkeys(AXES, 50.0), (), anchor=True)
        served.keeper.tell(lambda store, made=made: store.put_evaluation(made))  # type: ignore[misc]
    lines = cli("eval", "trust").out.splitlines()
    assert lines[:2] == ["Trust in the judge", f"{VERSIONS.judge}, rubric {VERSIONS.rubric}"]
    (agreement,) = (line.split()[:6] for line in lines if line.startswith("expert_agreement_goal_completion"))
    assert agreement == ["expert_agreement_goal_completion", "1.00", "1.00", "to", "1.00", "12"]
    assert [VERSIONS.judge, VERSIONS.rubric, "-", "-", "0"] in [line.split()[:5] for line in lines]
    assert sum("Krippendorff" in line for line in lines) == 1
    assert len(told(cli("eval", "trust", "--json"))["drifts"]) == 1


def test_without_a_judge_trends_say_so(cli: Cli) -> None:
    with Served(samples.full()) as unjudged:
        assert "No judge is configured" in cli("eval", "stats", "--api", unjudged.url).out
        assert "Nothing was judged yet" in cli("eval", "trust", "--api", unjudged.url).out


# The rubric


def test_the_shipped_rubric_is_printed_as_the_file_that_it_is(cli: Cli) -> None:
    assert cli("eval", "rubric", "show").out == SHIPPED.read_text()
    shown = told(cli("eval", "rubric", "show", "--json"))
    assert {each["axis"] for each in shown["axes"]} == set(AXES)
    assert shown["version"].startswith(f"{shown['declared']}-")


def test_a_rubric_of_ones_own_is_checked_and_compared(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SHIPPED.read_text().replace('version = "1"', 'version = "mine"').replace("How hard", "How very hard"))
    checked = cli("eval", "rubric", "check", str(file)).out
    assert checked.startswith(f"{file}: rubric mine-")
    compared = cli("eval", "rubric", "diff", str(file)).out
    assert "evaluations by the old one become stale" in compared.splitlines()[0]
    assert '+question = "How very hard' in compared
    assert told(cli("eval", "rubric", "diff", str(file), "--against", str(file), "--json"))["stale"] is False
    assert told(cli("eval", "rubric", "check", str(file), "--json"))["experts"]


def test_every_problem_of_a_rubric_is_one_line(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text('version = "1"\n[axes.effort]\nquestion = "?"\n')
    ran = cli("eval", "rubric", "check", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) > 1
    assert all(line.startswith(f"otel-quality: {file}: ") for line in ran.err.splitlines())
    assert cli("eval", "rubric", "check", str(tmp_path / "none.toml")).code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli: Cli, name: str) -> None:
    ran = cli("eval", name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: otel-quality eval {name}")

"""The commands about sessions and about what executions teach, against the real API over loopback and a real store."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_quality.cli.group import run
from otel_quality.core.reports.rendering import COLUMNS
from tests import samples
from tests.cli.ran import Cli, runner, told
from tests.cli.served import Served
from tests.core.reports.knowing import ADAPTATION, POLICY
from tests.service.keeper import DAY_NS, FAILED, execution, messages

LONG = "a_tool_whose_name_goes_on_and_on_and_on_until_no_column_could_hold_it"
HOSTILE = "\x1b[31m<b>|evil|</b>"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served(samples.full()) as served:
        served.keeper.tell(
            lambda store: (
                store.put_executions([execution(number, success=number % 3 > 0) for number in range(12)]),
                store.put_executions([execution(number + 50, ago_ns=5 * DAY_NS) for number in range(6)]),
                store.put_executions([execution(number + 90, agent="bilbo", model="llama-4", tool=LONG) for number in range(3)]),
                store.adapt(ADAPTATION),
            )
        )
        yield served


@pytest.fixture
def cli(served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("OTEL_QUALITY_API_URL", served.url)

    return runner(capsys)


@pytest.fixture
def added(cli: Cli, tmp_path: Path) -> Cli:
    """Two sessions: `conv-1` fails in a loop, `team/good` works."""
    sessions = [
        {
            "id": "conv-1",
            "agent": "ezra",
            "messages": messages(("read", "ok"), *[("run_tests", FAILED)] * 5, ("run_tests", "ok"), answer="failed"),
        },
        {"id": "team/good", "model": "m", "messages": messages(*[("read", "ok")] * 6, ("grep", "x"), request="explain who")},
    ]
    file = tmp_path / "sessions.jsonl"
    file.write_text("".join(json.dumps(session) + "\n" for session in sessions))
    ran = cli("sessions", "add", str(file))
    assert (ran.code, ran.err) == (0, "")
    return cli


def test_sessions_that_are_added_are_told_with_their_grades(added: Cli, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"id": "one", "messages": messages(("sh", "ok"))}))
    assert added("sessions", "add", str(file)).out == "✓ one  completed; 1 tool call in 2 API calls, no errors\n"
    assert told(added("sessions", "add", "--json", str(file)))["id"] == "one"


def test_a_file_that_is_no_session_is_told_and_the_others_are_added(added: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{not JSON")
    (tmp_path / "b.json").write_text('{"messages": []}')
    (tmp_path / "c.json").write_text(json.dumps({"id": "kept", "messages": messages()}))
    ran = added("sessions", "add", *(str(tmp_path / name) for name in ("a.json", "b.json", "c.json")))
    assert (ran.code, ran.out.split()[1]) == (1, "kept")
    assert [line.startswith(f"otel-quality: {tmp_path}") for line in ran.err.splitlines()] == [True, True]
    assert "the session holds no message of the assistant" in ran.err


def test_sessions_are_listed_with_marks_and_filters(added: Cli) -> None:
    lines = {line.split()[1]: line.split() for line in added("sessions").out.splitlines()[1:]}
    assert lines["conv-1"][0] == "✗"
    assert lines["conv-1"][4:] == ["debugging", "7", "5", "1", "1"]
    assert lines["team/good"][0] == "✓"
    assert "conv-1" not in added("sessions", "--completed").out
    assert "team/good" not in added("sessions", "--agent", "ezra").out
    assert added("sessions", "--task-type", "deployment").out == "No session fits.\n"
    assert told(added("sessions", "--limit", "1", "--json"))["limit"] == 1


def test_a_session_with_a_name_is_listed_with_its_id_by_which_it_is_shown(cli: Cli, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "named.json"
    file.write_text(json.dumps({"id": "conv-7", "messages": messages()}))
    cli("sessions", "add", str(file))
    change = urllib.request.Request(f"{served.url}/v1/sessions/conv-7", b'{"name": "nightly run"}', method="PATCH")
    change.add_header("content-type", "application/json")
    urllib.request.urlopen(change).close()
    assert [line for line in cli("sessions").out.splitlines() if "nightly run conv-7 " in line]


@pytest.mark.parametrize(("success", "said"), [(True, ["outcome   succeeded"]), (False, ["outcome   failed"]), (None, [])])
def test_the_outcome_that_somebody_told_is_shown(success: bool | None, said: list[str], cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    file.write_text(json.dumps({"id": f"told-{success}", "messages": messages(("sh", "ok")), "success": success}))
    cli("sessions", "add", str(file))
    lines = cli("sessions", "show", f"told-{success}").out.splitlines()
    assert [line for line in lines if line.startswith("outcome")] == said


def test_options_of_the_list_before_a_command_are_refused(added: Cli) -> None:
    ran = added("sessions", "--agent", "ezra", "summary")
    assert (ran.code, ran.out) == (2, "")
    assert "give those of `summary` after it" in ran.err


def test_a_session_is_shown_with_its_course_and_where_it_went_wrong(added: Cli) -> None:
    out = added("sessions", "show", "conv-1").out
    lines = [line.split() for line in out.splitlines()]
    assert ["2", "✗", "run_tests", "timeout"] in lines
    assert ["3", "✗", "run_tests", "timeout", "◀", "the", "same", "call", "again"] in lines
    assert ["6", "✗", "run_tests", "timeout", "◀", "5", "failures", "in", "a", "row:", "loop"] in lines
    assert ["7", "✓", "run_tests", "◀", "recovered"] in lines
    assert "✗ not completed" in out
    assert "loop_risk" in out


def test_calls_that_went_well_are_folded_unless_all_are_asked_for(added: Cli) -> None:
    assert "1-7  7 calls: read ×6, grep" in added("sessions", "show", "team/good").out
    assert added("sessions", "show", "team/good", "--all").out.count("· read") == 6


def test_an_override_is_shown_beside_the_machines_grade(added: Cli) -> None:
    ran = added("sessions", "override", "team/good", "--incomplete", "--quality", "2", "--author", "ada", "--note", "wrong file")
    assert "✗ not completed  efficiency 5 of 5, quality 2 of 5" in ran.out
    assert "by hand    2026-11-21 by ada: task_completed yes -> no, response_quality 3 -> 2: wrong file" in ran.out
    listed = added("sessions", "--incomplete").out
    assert ["✗*", "team/good"] in [line.split()[:2] for line in listed.splitlines()]
    assert listed.endswith("* graded by a person\n")
    assert "by hand" not in added("sessions", "override", "team/good", "--clear").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sessions", "override", "conv-1"], "say at least one of --completed"),
        (["sessions", "override", "conv-1", "--note", "x"], "say at least one of --completed"),
        (["sessions", "override", "conv-1", "--clear", "--quality", "2"], "--clear stands alone"),
        (["sessions", "override", "conv-1", "--quality", "7"], "'--quality'"),
        (["sessions", "shw", "x"], "no command 'shw'; there are show, summary"),
        (["predict", "sh", "--params", "{"], "it is not JSON"),
        (["predict", "sh", "--params", "[1]"], "it is no JSON object"),
        (["predict", "sh", "--params-hash", "xyz"], "params_hash"),
        (["predict", "--agent", "x"], "need TOOL"),
        (["report", "weekly", "--week", "2026-60"], "is no ISO week; write it as 2026-W47"),
        (["report", "weekly", "--week", "2099-W01"], "has not begun"),
        (["report", "weekly", "--format", "pdf"], "'--format'"),
        (["agents", "--days", "0"], "'--days'"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(added: Cli, arguments: list[str], says: str) -> None:
    ran = added(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("otel-quality: ")
    assert ran.err.count("\n") == 1
    assert says in ran.err


def test_an_unknown_session_is_one_line_and_exit_code_1(added: Cli) -> None:
    ran = added("sessions", "show", "none")
    assert (ran.code, ran.err) == (1, "otel-quality: there is no session 'none'; GET /v1/sessions lists them\n")


def test_the_summary_has_task_types_tools_and_errors(added: Cli) -> None:
    out = added("sessions", "summary", "--days", "2").out
    assert out.startswith("Sessions of the last 2 days\n")
    for part in ("Completion rate", "debugging", "run_tests", "timeout", "Day by day"):
        assert part in out
    assert told(added("sessions", "summary", "--json"))["days"] == 7


def test_tools_and_one_of_them(cli: Cli) -> None:
    out = cli("tools").out
    assert out.splitlines()[2].split()[0] == "run_tests"
    assert LONG in out
    one = cli("tools", "run_tests").out
    assert "Patterns by parameters" in one
    assert "By hour and weekday" in one
    assert cli("tools", "unheard").out == "Nothing is known of unheard.\n"
    assert {"tools", "patterns"} <= set(told(cli("tools", "--json")))


def test_agents_and_models(cli: Cli) -> None:
    out = cli("agents").out
    assert "ezra" in out
    assert "declining" in out
    assert "All together: declining" in out
    assert "best" in cli("models", "--task", "debugging").out
    assert "No tool execution yet on task type 'poetry'" in cli("models", "--task", "poetry").out
    assert told(cli("agents", "--days", "1", "--json"))["days"] == 1
    assert told(cli("models", "--json"))["models"]


def test_a_prediction_and_the_list_of_them(cli: Cli) -> None:
    ran = cli("predict", LONG, "--agent", "bilbo")
    assert ran.out.startswith(f"{LONG} by bilbo: 100 %  excellent: 3 of 3 succeeded\notel_quality.prediction.id ")
    assert cli("predict", LONG).out.startswith(f"{LONG} by no agent: 50 %  insufficient data\n")
    assert told(cli("predict", "x", "--params", '{"a": 1}', "--json"))["reason"] == "insufficient data"
    listed = cli("predict").out
    assert "not yet" in listed
    assert "None was matched" in listed
    assert "accuracy" in told(cli("predict", "--json"))


def test_adaptations_and_policies(cli: Cli) -> None:
    out = cli("adaptations").out
    assert f"{POLICY}: 0.8 -> 0.7" in out
    assert set(told(cli("adaptations", "--json"))) == {"adaptations", "policies"}


def test_the_weekly_report_in_every_form(added: Cli, tmp_path: Path) -> None:
    text = added("report", "weekly").out
    assert text.startswith("Weekly report 2026-W47\n======")
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert added("report", "weekly", "--format", "markdown").out.startswith("# Weekly report 2026-W47\n")
    assert told(added("report", "weekly", "--format", "json")) == told(added("report", "weekly", "--json"))
    page = tmp_path / "week.html"
    assert added("report", "weekly", "--week", "2026-W47", "--format", "html", "--output", str(page)).out == f"wrote {page}\n"
    assert page.read_text().startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_one_line(cli: Cli, tmp_path: Path) -> None:
    ran = cli("report", "weekly", "--output", str(tmp_path / "none" / "week.txt"))
    assert (ran.code, ran.err) == (1, f"otel-quality: {tmp_path}/none/week.txt cannot be written: No such file or directory\n")


def test_the_intelligence_report_fits_its_columns(cli: Cli) -> None:
    text = cli("report", "intelligence").out
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert "Adaptations" in text
    assert "Intelligence report" in cli("report", "intelligence", "--format", "html", "--days", "30").out


def test_names_with_control_characters_do_not_reach_the_terminal(added: Cli, tmp_path: Path) -> None:
    file = tmp_path / "evil.json"
    file.write_text(json.dumps({"id": "evil", "agent": HOSTILE, "messages": messages((HOSTILE, FAILED), (HOSTILE, FAILED))}))
    outputs = [added("sessions", "add", str(file)).out]
    outputs += [added(*command).out for command in (["sessions", "show", "evil"], ["tools"], ["sessions", "summary"], ["report", "weekly"])]
    assert all("evil" in out for out in outputs)
    assert not any("\x1b" in out for out in outputs)


@pytest.mark.parametrize(
    "command",
    [["sessions"], ["tools"], ["agents"], ["models"], ["predict"], ["adaptations"], ["report", "weekly"], ["sessions", "summary"]],
)
def test_nothing_yet_is_said(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with Served(samples.full()) as empty:
        code = run([*command, "--api", empty.url])
    out = capsys.readouterr().out
    assert code == 0
    assert any(word in out for word in ("yet", "No ", "None"))
    assert f"`otel-quality {' '.join(command)}`" not in out, "what was asked just now is no advice"


def test_of_a_long_course_its_beginning_and_its_end_are_shown(added: Cli, tmp_path: Path) -> None:
    (tmp_path / "long.json").write_text(json.dumps({"id": "long", "messages": messages(*[("sh", FAILED), ("ls", "ok")] * 100)}))
    added("sessions", "add", str(tmp_path / "long.json"))
    out = added("sessions", "show", "long").out
    assert "… 140 more lines; --all shows every call" in out
    assert [f"{number:>3}" in out for number in (20, 21, 160, 161, 200)] == [True, False, False, True, True]
    assert added("sessions", "show", "long", "--all").out.count("◀ recovered") == 100

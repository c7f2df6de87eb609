"""A real processor has sessions judged by a judge that speaks the wire protocol: counted to the token, killed in the middle, seen itself."""

import re
import signal
import socket
from pathlib import Path

import pytest

from otel_quality.service.judging import anchors
from tests.flow.judged import KEY, PRICES, asked, call, counts, ended, fill, judged_by, opened, run_of, start
from tests.flow.programs import ROOT, Serve, get_text, until
from tests.judge.fake import FakeJudge, judge

EXPERTS = 4
ANCHORS = len(anchors.load(""))
CONCURRENCY = 4


def hangs_after(fake: FakeJudge, calls: int) -> None:
    """Let the judge answer so many calls and hang with all that come then, so that a run stands where it is, however slow the test is."""
    fake.then(*["good"] * calls)
    fake.always = "slow"


def held(fake: FakeJudge) -> int:
    """Calls that the judge hangs with. Once they are all that may be made at a time, every answer before them is on its way to the store."""
    return sum(each.behaviour == "slow" for each in list(fake.seen))


def test_a_run_costs_what_the_judge_counts_and_the_judge_is_seen_like_any_other_backend(tmp_path: Path) -> None:
    fill(tmp_path, 20)
    with judge(key=KEY) as fake, Serve(tmp_path, environment=judged_by(fake, concurrency=8)) as serve:
        dry = start(serve, dry_run=True)
        assert (dry["sessions"], dry["anchors"], dry["spent"]["calls"]) == (20, ANCHORS, EXPERTS * (20 + ANCHORS))
        assert fake.seen == []
        fake.then("broken", "missing_axis", "refusal", "fenced")
        run = ended(serve, start(serve)["id"])
        assert (run["status"], counts(run), run["error"], run["note"]) == ("done", {"ok": 20}, "", ""), serve.output()
        spent = run["spent"]
        assert (spent["input_tokens"], spent["output_tokens"]) == (fake.input_tokens, fake.output_tokens)
        assert spent["calls"] == len(fake.seen) == EXPERTS * (20 + ANCHORS) + 2, "two answers had to be asked for twice"
        into, out = PRICES
        assert spent["cost_usd"] == pytest.approx((fake.input_tokens * into + fake.output_tokens * out) / 1e6)
        assert dry["spent"]["input_tokens"] >= 0.9 * fake.input_tokens, "an estimate is rather too high than too low"

        until(lambda: serve.get("/v1/stats")["seen"] == len(fake.seen), 30, lambda: f"its calls\n{serve.output()}")
        (card,) = serve.get("/v1/scores?task=judge&model=*")["scores"]
        assert (card["backend"], card["model"], card["task"], card["samples"]) == ("judge-a", "judge-1", "judge", 100)
        (cost,) = re.findall(
            r'^llmq_cost_usd_total{backend="judge-a",model="judge-1"} (.+)$', get_text(f"http://{serve.metrics}/metrics"), re.M
        )
        assert float(cost) == pytest.approx(spent["cost_usd"])
        assert {session["id"] for session in serve.get("/v1/sessions?limit=500")["sessions"]} == {f"s{number:04d}" for number in range(20)}
        assert KEY not in "\n".join(serve.lines)


def test_a_run_goes_on_after_a_kill_and_judges_nothing_twice(tmp_path: Path) -> None:
    fill(tmp_path, 100)
    calls = EXPERTS * (100 + ANCHORS)
    with judge(key=KEY) as fake:
        environment = judged_by(fake, concurrency=CONCURRENCY)
        hangs_after(fake, calls // 3)
        with Serve(tmp_path, environment=environment) as serve:
            run = start(serve)["id"]
            until(lambda: held(fake) == CONCURRENCY, 120, lambda: f"a third of the calls\n{serve.output()}")
            assert run_of(serve, run)["counts"]["ok"] > 0, "progress is told meanwhile"
            serve.stop(signal.SIGKILL)
        before = asked(fake)
        fake.always = "good"
        store = opened(tmp_path)
        kept = sum(len(store.assessments(run, item.session)) for item in store.items(run, limit=1000))
        store.close()
        assert kept <= sum(before.values()) < calls
        with Serve(tmp_path, environment=environment) as serve:
            done = ended(serve, run)
        assert (done["status"], counts(done), done["error"]) == ("done", {"ok": 100}, "")
        assert len(fake.seen) - sum(before.values()) == calls - kept, "what was kept is not asked for again"
        twice = {question: times for question, times in asked(fake).items() if times > 1}
        assert len(twice) <= CONCURRENCY
        assert set(twice.values()) <= {2}
        assert done["spent"]["calls"] == calls
        store = opened(tmp_path)
        evaluated = [each.session for each in store.evaluations(run=run, limit=1000)]
        store.close()
        assert sorted(evaluated) == [f"s{number:04d}" for number in range(100)]


def test_a_run_goes_on_after_an_orderly_end_and_can_be_cancelled_at_once(tmp_path: Path) -> None:
    fill(tmp_path, 30)
    with judge(key=KEY) as fake, socket.create_server(("127.0.0.1", 0)) as silent:
        environment = judged_by(fake, protocol="anthropic", concurrency=CONCURRENCY)
        nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}", "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
        hangs_after(fake, EXPERTS * (ANCHORS + 3 + CONCURRENCY))
        with Serve(tmp_path, environment=environment | nowhere) as serve:
            run = start(serve)["id"]
            until(lambda: held(fake) == CONCURRENCY, 120, lambda: f"calls that hang: {run_of(serve, run)}\n{serve.output()}")
            assert run_of(serve, run)["counts"]["ok"] >= 3, "no more than the sessions under way are not judged"
            assert serve.stop(signal.SIGTERM, deadline_s=25) == 0, "neither a judge that hangs nor spans that nobody takes hold up the end"
        with Serve(tmp_path, environment=environment) as serve:
            assert run_of(serve, run)["status"] == "running"
            until(lambda: len(fake.seen) and run_of(serve, run)["counts"].get("running", 0), 60, "a session under way")
            cancelled = call(serve, "DELETE", f"/v1/evaluations/runs/{run}")
            assert cancelled["status"] == "cancelled"
            assert set(counts(cancelled)) == {"ok", "cancelled"}
            fake.always = "good"
            assert counts(ended(serve, start(serve)["id"])) == {"ok": cancelled["counts"]["cancelled"]}


def test_a_run_stays_within_the_budget_of_the_day(tmp_path: Path) -> None:
    fill(tmp_path, 40)
    with judge(key=KEY) as fake, Serve(tmp_path, environment=judged_by(fake, day_budget_tokens=200_000)) as serve:
        run = ended(serve, start(serve)["id"])
        assert run["status"] == "done"
        assert "judge.day_budget_tokens = 200,000" in run["note"]
        assert run["counts"]["ok"] + run["counts"]["pending"] == 40
        assert fake.input_tokens + fake.output_tokens <= 200_000
        assert "judge.day_budget_tokens" in start(serve, dry_run=True)["note"]


def test_sessions_of_a_team_s_own_exporter_are_graded_masked_and_judged(tmp_path: Path) -> None:
    (tmp_path / "our_tickets.py").write_text(
        "class Tickets:\n"
        "    def sessions(self, since_ns):\n"
        "        asked = {'role': 'user', 'content': 'Write to ann@example.com'}\n"
        "        for number in range(3):\n"
        "            yield {'id': f't{number}', 'messages': [asked, {'role': 'assistant', 'content': 'Done.'}]}\n"
    )
    with judge(key=KEY) as fake:
        environment = judged_by(fake, exporter="our_tickets:Tickets", anchors="off") | {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
        with Serve(tmp_path / "data", environment=environment) as serve:
            until(lambda: serve.get("/v1/sessions")["total"] == 3, 30, lambda: f"three tickets\n{serve.output()}")
            run = ended(serve, start(serve, session_id="t1")["id"])
            assert (counts(run), run["sessions"][0]["session_id"]) == ({"ok": 1}, "t1")
            assert len(fake.seen) == EXPERTS
            assert all("[EMAIL]" in record and "ann@" not in record for record, _ in asked(fake))
            (evaluation,) = serve.get("/v1/sessions/t1")["evaluations"]
            assert evaluation["masked"] == {"EMAIL": 1}

"""Sessions with text in a data directory, and a processor that has them judged by the fake judge."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from otel_quality.core.evaluations.record import Line, Transcript
from otel_quality.core.sessions.record import SessionRecord
from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store
from tests.flow.programs import Serve, until
from tests.judge.fake import FakeJudge

KEY = "sk-of-the-fake"
PRICES = (3.0, 15.0)
"""US dollars per million tokens, in and out."""


def fill(folder: Path, sessions: int) -> None:
    """Keep sessions `s0000`, ... with their text, as a team that keeps content has them.

    They have ended in the last hour: what is older than the retention would be gone as soon as a processor starts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now_ns = time.time_ns()
    store = open_store(Config(), data_dir=folder)
    with store.transaction():
        for number in range(sessions):
            name = f"s{number:04d}"
            record = SessionRecord(id=name, end_ns=now_ns - 3600 * 10**9 + number, api_calls=1, messages=2, ended=True)
            store.put_session(record, None, source="api", now_ns=now_ns)
            said = (Line("user", f"This is session {name}. Please count to {number}."), Line("assistant", "Done.", message=1))
            store.put_transcript(name, Transcript(said), now_ns=now_ns)
    store.close()


def opened(folder: Path) -> Store:
    """What a processor that is gone has left."""
    return open_store(Config(), data_dir=folder)


def judged_by(fake: FakeJudge, *, protocol: str = "openai", **settings: object) -> dict[str, str]:
    """The environment of a processor whose judge is the fake one."""
    url = fake.openai if protocol == "openai" else fake.anthropic
    into, out = PRICES
    backend = {
        "name": "judge-a", "protocol": protocol, "model": "judge-1", "url": url, "key_env": "KEY_OF_THE_JUDGE",
        "input_usd_per_million": into, "output_usd_per_million": out,
    }  # fmt: skip
    told = {f"OTEL_QUALITY_JUDGE_{name.upper()}": str(value) for name, value in settings.items()}
    return {"OTEL_QUALITY_JUDGE_BACKENDS": json.dumps([backend]), "KEY_OF_THE_JUDGE": KEY, "OTEL_BSP_SCHEDULE_DELAY": "200"} | told


def start(serve: Serve, **wish: Any) -> Any:
    return call(serve, "POST", "/v1/evaluations/runs", {"limit": 10_000} | wish)


def call(serve: Serve, method: str, path: str, body: object = None) -> Any:
    payload = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"content-type": "application/json"}
    with urlopen(Request(f"http://{serve.api}{path}", payload, headers, method=method), timeout=60) as answer:
        return json.load(answer)


def run_of(serve: Serve, run: str) -> Any:
    return serve.get(f"/v1/evaluations/runs/{run}?limit=1")


def counts(run: Any) -> dict[str, int]:
    """Its sessions by state, those states that there are."""
    return {state: number for state, number in run["counts"].items() if number}


def ended(serve: Serve, run: str, deadline_s: float = 120) -> Any:
    """The run, once it is over."""
    until(lambda: run_of(serve, run)["status"] != "running", deadline_s, lambda: f"the run's end: {run_of(serve, run)}\n{serve.output()}")
    return run_of(serve, run)


def asked(fake: FakeJudge) -> Counter[tuple[str, str]]:
    """How often which expert was asked about which record."""
    return Counter((each.question.record, each.question.expert) for each in list(fake.seen))

"""What history costs on SQLite: bytes and CPU time per row kept, and of each question, which is how long it holds the store's thread.

`ROWS=300000 python -m benchmarks history` asks at another size than the shipped bound of executions.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from otel_quality.core.history import SessionFilter
from otel_quality.core.reports import weeks
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.record import SessionRecord, ToolUse
from otel_quality.core.tools.adapt import DEFAULT
from otel_quality.core.tools.execution import Execution
from otel_quality.service import archive, chores, measuring, reporting
from otel_quality.store.contract import Config, Store
from otel_quality.store.opening import open_store
from otel_quality.vocabulary.signs import Features

DAYS: Final = int(os.environ.get("DAYS", "90"))
CALLS: Final = 12
"""Executions of a session."""
BATCH: Final = 1_000
"""Executions that are put together: what comes in a second under load."""
_RUNS: Final = 3


def main() -> None:
    """Print the table."""
    rows = int(os.environ.get("ROWS", str(Config().max_executions)))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Config(), data_dir=Path(folder))
        now_ns = time.time_ns()
        begun_s = time.perf_counter()
        put = [_seconds(partial(store.put_executions, batch)) for batch in _batches(rows, now_ns)]
        last, size = put[-max(len(put) // 10, 1) :], store.size_bytes()
        sessions = list(_sessions(rows // CALLS, now_ns))
        put_sessions = [_seconds(partial(_keep, store, each, now_ns)) for each in sessions]
        print(f"history of {rows} executions of {DAYS} days in SQLite, filled in {time.perf_counter() - begun_s:.0f} s")
        print(f"  kept              {size / rows:6.0f} bytes an execution, indexes included")
        print(f"  put               {1e6 * sum(last) / len(last) / BATCH:6.1f} us an execution, the last tenth, {BATCH} in a transaction")
        per_session = (store.size_bytes() - size) / len(sessions) / BATCH
        print(f"  kept              {per_session:6.0f} bytes a session of {CALLS} calls beside its executions")
        print(f"  grade and put     {1e6 * sum(put_sessions) / len(put_sessions) / BATCH:6.1f} us a session, {BATCH} in a transaction")
        print("questions, and how long each holds the thread (the longest part where it is asked in parts)")
        for name, ask in _questions(now_ns).items():
            print(f"  {name:<30}{1e3 * min(ask(store) for _ in range(_RUNS)):8.1f} ms")
        store.close()


def _batches(rows: int, now_ns: int) -> Iterator[list[Execution]]:
    """Executions in the order of time; five tools in a hundred are used half of the time, as ever."""
    drawn = random.Random(1)
    span_ns = DAYS * weeks.DAY_NS // rows
    for first in range(0, rows, BATCH):
        yield [_execution(number, now_ns - (rows - number) * span_ns, drawn) for number in range(first, min(first + BATCH, rows))]


def _execution(number: int, time_ns: int, drawn: random.Random) -> Execution:
    tool = min(int(drawn.expovariate(0.2)), 39)
    success = drawn.random() < 0.85
    return Execution(
        trace_id=f"{drawn.getrandbits(128):032x}",
        span_id=f"{number:016x}",
        time_ns=time_ns,
        tool=f"tool_{tool}",
        params_hash=f"{min(int(drawn.expovariate(0.01)), 2000):016x}",
        agent=f"agent-{drawn.randrange(8)}",
        model=("claude-sonnet-4-5", "gpt-5", "gemini-2.5-pro", "llama-4")[drawn.randrange(4)],
        task_type=("debugging", "feature_impl", "testing", "research", "general")[drawn.randrange(5)],
        session=f"conv-{number // 12}",
        success=success,
        latency_ns=int(drawn.expovariate(1e-9)),
        error="" if success else ("timeout", "command_failed", "file_not_found")[drawn.randrange(3)],
        hour=time_ns // (3600 * 10**9) % 24,
        weekday=(time_ns // weeks.DAY_NS + 3) % 7,
    )


def _sessions(count: int, now_ns: int) -> Iterator[list[SessionRecord]]:
    span_ns = DAYS * weeks.DAY_NS // count
    drawn = random.Random(2)
    for first in range(0, max(count, BATCH), BATCH):
        yield [_session(number, now_ns - (count - number) * span_ns, drawn) for number in range(first, first + BATCH)]


def _session(number: int, end_ns: int, drawn: random.Random) -> SessionRecord:
    failed = [drawn.random() < 0.15 for _ in range(CALLS)]
    uses = tuple(
        ToolUse(f"tool_{drawn.randrange(8)}", f"{drawn.randrange(2000):016x}", end_ns - place * 10**9, 10**8, "timeout" if bad else "")
        for place, bad in enumerate(failed)
    )
    return SessionRecord(
        f"conv-{number}",
        platform="cli",
        agents=(f"agent-{drawn.randrange(8)}",),
        models=("claude-sonnet-4-5",),
        backends=("anthropic",),
        task_type=("debugging", "feature_impl", "testing", "research", "general")[drawn.randrange(5)],
        start_ns=end_ns - 600 * 10**9,
        end_ns=end_ns,
        api_calls=CALLS + 1,
        tool_uses=uses,
        tool_calls=CALLS,
        tool_errors=sum(failed),
        input_tokens=40_000,
        output_tokens=2_000,
        final=Features(900, True, False, 1, 0, False),
    )


def _keep(store: Store, sessions: list[SessionRecord], now_ns: int) -> None:
    with store.transaction():
        for each in sessions:
            store.put_session(each, grade(each), source="spans", now_ns=now_ns)


def _questions(now_ns: int) -> dict[str, Callable[[Store], float]]:
    week_ns, day_ns = now_ns - 7 * weeks.DAY_NS, weeks.DAY_NS
    whole = now_ns - DAYS * day_ns
    parts = archive._parts(week_ns, now_ns)
    return {
        "predict, parameters": lambda s: _seconds(lambda: s.pattern(tool="tool_0", agent="agent-1", params_hash=f"{0:016x}")),
        "predict, tool": lambda s: _seconds(lambda: s.pattern(tool="tool_0", agent="agent-1", params_hash=None)),
        "GET /v1/tools": lambda s: max(_seconds(s.aggregated_patterns), _seconds(lambda: s.tool_tallies(since_ns=0))),
        "GET /v1/tools?tool=": lambda s: max(
            _seconds(lambda: s.patterns(tool="tool_0")), _seconds(lambda: s.effects("hour", tool="tool_0"))
        ),
        "GET /v1/agents?days=7": lambda s: _seconds(lambda: s.agent_performance(since_ns=week_ns)),
        "GET /v1/agents?days=90": lambda s: _seconds(lambda: s.agent_performance(since_ns=whole)),
        "GET /v1/models": lambda s: _seconds(s.model_performance),
        "GET /v1/sessions": lambda s: _seconds(lambda: (s.sessions(SessionFilter()), s.count_sessions(SessionFilter()))),
        "sessions of one agent": lambda s: _seconds(lambda: s.count_sessions(SessionFilter(agent="agent-1"))),
        "summary of a week": lambda s: _seconds(lambda: s.grade_summaries("day", since_ns=week_ns)),
        "weekly report": lambda s: max(_seconds(partial(ask, s)) for ask in reporting.questions(weeks.week_of(now_ns)).values()),
        "have labels changed": lambda s: _seconds(s.labels_stamp),
        "errors of a week, by tool": lambda s: _seconds(lambda: s.failures("tool", since_ns=week_ns)),
        "intelligence report": lambda s: max(_seconds(partial(part, s)) for part in parts.values()),
        "means for /metrics": lambda s: _seconds(lambda: measuring.Measures().read(s, now_ns=now_ns)),
        "one adaptation rule": lambda s: _seconds(lambda: chores.measured(s, DEFAULT, now_ns=now_ns)),
        "retention, nothing over": lambda s: _seconds(lambda: s.prune(Config(max_executions=10**9), now_ns=now_ns)),
        "retention, one slice": lambda s: _seconds(lambda: s.prune(Config(max_executions=1000), now_ns=now_ns)),
    }


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun

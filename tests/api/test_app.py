"""The JSON API: each answer's exact content, each wrong call's one clear line, and the description of both."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_quality.api.app import create_app
from otel_quality.core.history import Override
from otel_quality.core.sessions.grade import grade
from otel_quality.core.sessions.messages import record
from otel_quality.core.snapshot import Key, Snapshot
from otel_quality.service.keeping import keep_one
from tests import samples
from tests.api.asking import ask as asked
from tests.api.asking import problem
from tests.core.reports.knowing import ADAPTATION, POLICY
from tests.service.keeper import FAILED, NOW_NS, Keeper, execution, messages


class FakeProcessor:
    """Holds a snapshot and remembers what was cleared; one window is emptied per call."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.present = snapshot
        self.cleared: list[tuple[str, dict[str, str | None]]] = []

    def snapshot(self) -> Snapshot:
        return self.present

    async def clear_scores(self, *, backend: str | None, task: str | None) -> int:
        self.cleared.append(("scores", {"backend": backend, "task": task}))
        return 1

    async def clear_drift(self, *, backend: str | None, model: str | None, task: str | None) -> int:
        self.cleared.append(("drift", {"backend": backend, "model": model, "task": task}))
        return 1


Ask = Callable[..., httpx.Response]


@pytest.fixture
def processor() -> FakeProcessor:
    return FakeProcessor(samples.full())


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    keeper.tell(lambda store: store.put_executions([execution(number, success=number != 1) for number in range(4)]))
    keeper.tell(lambda store: store.adapt(ADAPTATION))
    said = {"id": "conv-1", "messages": messages(("run_tests", FAILED), ("run_tests", "ok"))}
    keeper.tell(lambda store: keep_one(store, grade, record(said), source="api", now_ns=NOW_NS))
    keeper.tell(lambda store: store.set_override("conv-1", Override(NOW_NS, task_completed=True), now_ns=NOW_NS))
    yield keeper
    keeper.close()


@pytest.fixture
def ask(processor: FakeProcessor, keeper: Keeper) -> Ask:
    def call(path: str, *, method: str = "GET", host: str = "127.0.0.1:9465", bound_host: str = "127.0.0.1") -> httpx.Response:
        listeners = {"metrics": "127.0.0.1:9464"}
        app = create_app(
            processor, keeper.archive(), keeper.opinions(), version="1.2.3", bound_host=bound_host, listeners=lambda: listeners
        )

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers={"host": host})

        return asyncio.run(send())

    return call


def keys(answer: httpx.Response, name: str) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200, answer.text
    return [(item["backend"], item["model"], item["task"]) for item in answer.json()[name]]


def test_a_card_is_as_documented(ask: Ask) -> None:
    answer = ask("/v1/scores?task=code&model=*&backend=groq")
    assert answer.json() == {
        "scores": [
            {
                "backend": "groq",
                "model": "llama-4",
                "task": "code",
                "score": 61.27,
                "samples": 20,
                "successes": 19,
                "errors": 1,
                "refusals": 0,
                "timeouts": 0,
                "mean_latency_ms": 812.25,
                "mean_ttft_ms": 120.5,
                "p95_latency_ms": 1900.0,
                "components": {"success": 0.6, "error": 0.8, "refusal": 1.0, "timeout": 1.0},
                "missing": ["latency"],
                "interval": [49.0, 70.3],
                "state": "ok",
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [("anthropic", None, "all"), ("groq", None, "all")]),
        ("?task=all", [("anthropic", None, "all"), ("groq", None, "all")]),
        ("?backend=groq", [("groq", None, "all")]),
        ("?task=*", [("anthropic", None, "code"), ("groq", None, "code")]),
        ("?task=code", [("anthropic", None, "code"), ("groq", None, "code")]),
        ("?task=code&model=*", [("anthropic", "claude-sonnet-4-5", "code"), ("groq", "llama-4", "code")]),
        ("?task=*&model=llama-4", [("groq", "llama-4", "code")]),
        ("?task=creative", []),
        ("?backend=nobody", [("nobody", None, "all")]),
        ("?backend=nobody&task=*", [("nobody", None, "all")]),
        ("?backend=groq&task=creative", [("groq", None, "creative")]),
        ("?backend=nobody&task=code&model=*", [("nobody", None, "code")]),
        ("?backend=nobody&task=code&model=m", [("nobody", "m", "code")]),
    ],
)
def test_scores_are_chosen_by_task_backend_and_model(ask: Ask, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert keys(ask(f"/v1/scores{query}"), "scores") == expected


def test_an_unknown_backend_has_a_card_of_zeros(ask: Ask) -> None:
    (card,) = ask("/v1/scores?backend=nobody").json()["scores"]
    numbers = [value for value in card.values() if isinstance(value, int | float)]
    assert set(numbers) == {0}
    assert (card["interval"], card["components"], card["missing"], card["state"]) == ([0, 0], {}, [], "insufficient_data")


@pytest.mark.parametrize("query", ["?model=*", "?model=llama-4", "?model=*&task=all"])
def test_a_model_without_a_task_is_a_wrong_call(ask: Ask, query: str) -> None:
    assert problem(ask(f"/v1/scores{query}"), 400).startswith("`model` needs `task`")


def test_recommendations_are_ranked_with_their_reasons(ask: Ask) -> None:
    body = ask("/v1/recommendations?task=code").json()
    assert (body["task"], body["min_samples"]) == ("code", 5)
    first, second = body["recommendations"]
    assert set(first) == {"rank", "backend", "model", "score", "raw_score", "samples", "interval", "state", "reasons"}
    assert (first["rank"], first["backend"], first["model"], first["score"]) == (1, "anthropic", None, 91.5)
    assert (second["score"], second["raw_score"], second["state"]) == (36.76, 61.27, "insufficient_data")
    assert "drift severe: empty_response_rate 0.45 > 0.30 (model llama-4)" in second["reasons"]
    assert ask("/v1/recommendations?task=code&min_samples=3").json()["recommendations"][1]["score"] == 61.27


def test_recommendations_without_a_task_are_over_all_tasks(ask: Ask) -> None:
    assert ask("/v1/recommendations").json()["task"] == "all"
    assert ask("/v1/recommendations?task=unheard-of").json()["recommendations"] == []


def test_a_verdict_is_as_documented(ask: Ask) -> None:
    (verdict,) = ask("/v1/drift?backend=groq").json()["drift"]
    signals = verdict["rules"].pop("signals")
    reason = "empty_response_rate 0.45 > 0.30"
    assert verdict == {
        "backend": "groq",
        "model": "llama-4",
        "task": "code",
        "state": "severe",
        "severity": "severe",
        "reason": reason,
        "since": "2026-09-21T14:13:20.123456Z",
        "method": "rules",
        "samples": 20,
        "rules": {"severity": "severe", "reason": reason},
    }
    assert signals["empty_response_rate"] == {"value": 0.45, "threshold": 0.3, "fired": True}
    assert signals["tool_silence_rate"] == {"value": None, "threshold": 0.7, "fired": False}


@pytest.mark.parametrize(
    ("query", "count"), [("", 2), ("?task=code", 2), ("?model=llama-4", 1), ("?backend=nobody", 0), ("?backend=*&task=all", 2)]
)
def test_drift_is_filtered(ask: Ask, query: str, count: int) -> None:
    assert len(keys(ask(f"/v1/drift{query}"), "drift")) == count


def test_a_verdict_of_a_backend_alone_is_over_all_tasks(ask: Ask, processor: FakeProcessor) -> None:
    processor.present = samples.snapshot(verdicts=[samples.verdict(Key("groq", None, None))])
    assert keys(ask("/v1/drift"), "drift") == [("groq", None, "all")]


def test_stats(ask: Ask, processor: FakeProcessor) -> None:
    assert ask("/v1/stats").json() == {
        "total": 40,
        "seen": 40,
        "by_backend": {"anthropic": 20, "groq": 20},
        "by_task": {"code": 40},
        "oldest": "2026-09-21T14:12:20.123456Z",
        "newest": "2026-09-21T14:13:20.123456Z",
    }
    processor.present = Snapshot()
    assert ask("/v1/stats").json() == {"total": 0, "seen": 0, "by_backend": {}, "by_task": {}, "oldest": None, "newest": None}


def test_intake_tells_what_arrived_and_what_was_missing(ask: Ask) -> None:
    body = ask("/v1/intake").json()
    assert (body["version"], body["listeners"]) == ("1.2.3", {"metrics": "127.0.0.1:9464"})
    assert body["spans"]["ignored"] == 7
    assert body["coverage"] == {"otel-genai": {"output_tokens": 0.975, "time_to_first_chunk": 0.0}}
    assert body["last_span"]["groq"] == "2026-09-21T14:13:15.123456Z"


def test_clearing_passes_on_exactly_what_was_asked(ask: Ask, processor: FakeProcessor) -> None:
    assert ask("/v1/scores?backend=groq&task=code", method="DELETE").json() == {"cleared": 1}
    ask("/v1/scores?task=all", method="DELETE")
    ask("/v1/drift?backend=groq&model=llama-4", method="DELETE")
    ask("/v1/drift", method="DELETE")
    assert processor.cleared == [
        ("scores", {"backend": "groq", "task": "code"}),
        ("scores", {"backend": None, "task": None}),
        ("drift", {"backend": "groq", "model": "llama-4", "task": None}),
        ("drift", {"backend": None, "model": None, "task": None}),
    ]


def test_a_backend_named_all_clears_only_itself(ask: Ask, processor: FakeProcessor) -> None:
    ask("/v1/scores?backend=all", method="DELETE")
    assert processor.cleared == [("scores", {"backend": "all", "task": None})]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/scores?tsk=code", "unknown query parameter 'tsk'; allowed: task, backend, model"),
        ("/v1/stats?x=1", "unknown query parameter 'x'; allowed: none"),
        ("/v1/recommendations?min_samples=many", "query parameter 'min_samples': Input should be a valid integer"),
        ("/v1/recommendations?min_samples=0", "query parameter 'min_samples': Input should be greater than or equal to 1, not '0'"),
    ],
)
def test_a_wrong_parameter_is_named(ask: Ask, path: str, expected: str) -> None:
    assert problem(ask(path), 400).startswith(expected)


def test_a_misspelt_filter_clears_nothing(ask: Ask, processor: FakeProcessor) -> None:
    problem(ask("/v1/scores?backnd=groq", method="DELETE"), 400)
    assert processor.cleared == []


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/docs", "/redoc", "/v1/scores/"])
def test_an_unknown_path_points_to_the_description(ask: Ask, path: str) -> None:
    assert "/openapi.json" in problem(ask(path), 404)


def test_a_wrong_method_is_refused(ask: Ask) -> None:
    answer = ask("/v1/stats", method="POST")
    assert problem(answer, 405) == "POST is not allowed here"
    assert answer.headers["allow"] == "GET"


def test_an_error_of_ours_tells_no_internals(processor: FakeProcessor, keeper: Keeper) -> None:
    processor.present = None  # type: ignore[assignment]
    app = create_app(processor, keeper.archive(), keeper.opinions(), version="1")

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/v1/stats")

    assert problem(asyncio.run(send()), 500) == "an error of the processor; its log has the details"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80", "LOCALHOST:9465", "[::1]:9465", "[::1]"])
def test_loopback_names_are_answered(ask: Ask, host: str) -> None:
    assert ask("/v1/stats", host=host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:9465", "localhost.evil.example", "", "[::2]:9465"])
def test_on_loopback_any_other_name_is_refused(ask: Ask, host: str, processor: FakeProcessor) -> None:
    assert "bound to loopback" in problem(ask("/v1/scores", host=host, method="DELETE"), 421)
    assert processor.cleared == []


def test_on_another_bind_every_name_is_taken(ask: Ask) -> None:
    assert ask("/v1/stats", host="processor:9465", bound_host="0.0.0.0").status_code == 200


def test_no_other_site_may_read_the_answers(ask: Ask) -> None:
    assert not [name for name in ask("/v1/stats").headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/scores?task=*&model=*",
        "/v1/scores?backend=x",
        "/v1/recommendations?task=code",
        "/v1/drift",
        "/v1/stats",
        "/v1/intake",
        "/v1/sessions",
        "/v1/sessions/conv-1",
        "/v1/tools",
        "/v1/tools?tool=run_tests",
        "/v1/agents",
        "/v1/models",
        "/v1/predictions",
        "/v1/adaptations",
        "/v1/policies",
        f"/v1/policies/{POLICY}",
        "/v1/reports/weekly",
        "/v1/reports/summary",
        "/v1/reports/intelligence",
        "/v1/feedback",
        "/v1/evaluations/runs",
        "/v1/evaluations/stats",
        "/v1/evaluations/trust",
    ],
)
def test_answers_fit_the_description(ask: Ask, path: str) -> None:
    description = ask("/openapi.json").json()
    schema = content(described(description, "GET", path)["responses"]["200"])
    validator = jsonschema.Draft202012Validator(schema | {"components": description["components"]})
    validator.validate(ask(path).json())
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/sessions", {"id": "handed-in", "messages": messages(("run_tests", FAILED), ("run_tests", "ok"))}, 201),
        ("PATCH", "/v1/sessions/conv-1", {"pinned": True, "name": "The crash", "success": None}, 200),
        ("POST", "/v1/sessions/conv-1/grade", {"response_quality": 2.5, "author": "ada"}, 200),
        ("DELETE", "/v1/sessions/conv-1/grade", None, 200),
        ("POST", "/v1/feedback", {"session_id": "conv-1", "message_index": 1, "rating": 1}, 201),
        ("POST", "/v1/predictions", {"tool": "run_tests", "agent": "ezra", "params": {"path": "."}}, 201),
        ("DELETE", "/v1/scores?backend=groq", None, 200),
        ("DELETE", "/v1/drift", None, 200),
    ],
)
def test_answers_to_writes_and_their_bodies_fit_the_description(
    processor: FakeProcessor, keeper: Keeper, method: str, path: str, body: Any, status: int
) -> None:
    app = create_app(processor, keeper.archive(), keeper.opinions(), version="1")
    description = app.openapi()
    operation = described(description, method, path)
    components = {"components": description["components"]}
    if body is not None:
        jsonschema.validate(body, content(operation["requestBody"]) | components)
    answer = asked(app, path, method=method, body=body)
    assert answer.status_code == status
    validator = jsonschema.Draft202012Validator(content(operation["responses"][str(status)]) | components)
    validator.validate(answer.json())
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({})


def test_every_call_is_held_to_its_description(processor: FakeProcessor, keeper: Keeper) -> None:
    """A new call has to be added to one of the two tests above; those about one run need a judge, which `test_evaluations` has."""
    app = create_app(processor, keeper.archive(), keeper.opinions(), version="1")
    tested = {(method.upper(), name) for name, operations in app.openapi()["paths"].items() for method in operations}
    reads = [mark.args[1] for mark in test_answers_fit_the_description.pytestmark]  # type: ignore[attr-defined]
    writes = [mark.args[1] for mark in test_answers_to_writes_and_their_bodies_fit_the_description.pytestmark]  # type: ignore[attr-defined]
    runs = {("POST", "/v1/evaluations/runs"), ("GET", "/v1/evaluations/runs/1"), ("DELETE", "/v1/evaluations/runs/1")}
    held = runs | {("GET", path) for paths in reads for path in paths} | {row[:2] for rows in writes for row in rows}
    assert {found for found in tested if not any(found[0] == method and fits(found[1], path) for method, path in held)} == set()


def fits(name: str, path: str) -> bool:
    """Whether a path is one of a described call."""
    return re.fullmatch(re.sub(r"\{\w+(:path)?\}", "[^/]+", name), path.partition("?")[0]) is not None


def described(description: Any, method: str, path: str) -> Any:
    return next(
        operations[method.lower()] for name, operations in description["paths"].items() if method.lower() in operations and fits(name, path)
    )


def content(described: Any) -> Any:
    return described["content"]["application/json"]["schema"]


def test_a_request_is_no_span_where_the_calls_of_a_judge_are(ask: Ask) -> None:
    provider, ended = trace.get_tracer_provider(), InMemorySpanExporter()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(ended))
    assert [ask(path).status_code for path in ("/v1/sessions/conv-1", "/", "/v1/scores?tsk=code")] == [200, 200, 400]
    assert [span.name for span in ended.get_finished_spans()] == []


def test_errors_fit_the_description_and_every_call_describes_them(ask: Ask) -> None:
    description = ask("/openapi.json").json()
    jsonschema.validate(ask("/nothing").json(), description["components"]["schemas"]["Problem"])
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    assert len(operations) == 32
    assert all("application/problem+json" in operation["responses"][of]["content"] for operation in operations for of in ("4XX", "5XX"))
    assert "422" not in str([operation["responses"].keys() for operation in operations])

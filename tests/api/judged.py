"""Calls of a real API about judged quality, and what they are asked about."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from otel_quality.core.evaluations.record import Assessment, Evaluation, Versions
from otel_quality.vocabulary.axes import AXES
from tests import samples
from tests.cli.served import Served
from tests.flow.programs import until
from tests.service.judging.fake import PRICE, VERSIONS, FakeJudge
from tests.service.keeper import messages

DEADLINE_S = 90.0
RUNS = "/v1/evaluations/runs"
NOW = "2026-11-21T00:00:00.000000Z"
SAID: dict[str, Any] = {"session_id": "s", "message_index": 3, "rating": 1}


class Api:
    """Calls of one server."""

    def __init__(self, served: Served, judge: FakeJudge | None) -> None:
        self.keeper, self.judge = served.keeper, judge
        self._client = httpx.Client(base_url=served.url, timeout=DEADLINE_S)

    def get(self, path: str, **query: Any) -> Any:
        answer = self._client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        payload = {} if body is None else {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
        return self._client.request(method, path, params=query, **payload)  # type: ignore[arg-type]

    def say(self, **said: Any) -> httpx.Response:
        return self.ask("POST", "/v1/feedback", SAID | said)

    def start(self, **wish: Any) -> str:
        answer = self.ask("POST", RUNS, wish)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def run(self, **wish: Any) -> Any:
        """A run from its beginning to its end."""
        run_id = self.start(**wish)

        def ended() -> Any:
            run = self.get(f"{RUNS}/{run_id}")
            return run if run["status"] != "running" else None

        return until(ended, DEADLINE_S, "the end of the run")

    def close(self) -> None:
        self._client.close()


@contextmanager
def serving(judge: FakeJudge | None) -> Iterator[Api]:
    """A server with a judge, or none."""
    with Served(samples.full(), judge=judge) as served:
        api = Api(served, judge)
        yield api
        api.close()


def hand_in(api: Api, session: str, **said: Any) -> None:
    assert api.ask("POST", "/v1/sessions", {"id": session, "messages": messages(("sh", "ok"))} | said).status_code == 201


def evaluated(
    api: Api, session: str, score: float, *, versions: Versions = VERSIONS, ago_ns: int = 0, run: str = "r", anchor: bool = False
) -> None:
    scores = dict.fromkeys(AXES, score) | {"self_extension": None}
    experts = (Assessment("planner", scores, "well planned", spent=PRICE), Assessment("critic", {}, "no", refused=True))
    time_ns = api.keeper.now_ns - ago_ns
    made = Evaluation(run, session, time_ns, versions, "fake", "judge-1", scores, experts, {"email": 2}, anchor)
    api.keeper.tell(lambda store: store.put_evaluation(made))

"""The demo's agent: told from what the API shows, each turn of its story once."""

import asyncio
from typing import Any

import pytest

from otel_quality.client import Client
from otel_quality.demo import agent
from otel_quality.demo.sessions import AgentStory, look

KNOWN = (0.9, "good: 9 of 10 succeeded")
SUGGESTION = "Error-prone tool: search_docs, 8 errors in 4 sessions: review how it is called."


def session(completed: bool) -> dict[str, Any]:
    return {"grade": {"task_completed": completed, "tool_calls_efficient": 5 if completed else 1, "response_quality": 4.0}}


class Told(Client):
    """An API that answers with these sessions."""

    def __init__(self, completed: list[bool]) -> None:
        super().__init__()
        self.completed = completed
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, path: str, **query: str | int | None) -> Any:
        self.asked.append((path, query))
        if path == "/v1/reports/summary":
            return {"suggestions": ["Completion is low.", SUGGESTION]}
        return {"sessions": [session(each) for each in self.completed], "total": 70 + len(self.completed)}


def kinds(news: list[tuple[str, str]]) -> list[str]:
    return [kind for kind, _ in news]


def test_while_all_is_well_nothing_is_told_and_no_summary_is_asked_for() -> None:
    api, story = Told([True] * 20), AgentStory()
    assert look(api, story, KNOWN) == []
    assert (story.total, story.now.completed, story.now.efficiency) == (90, 1.0, 5.0)
    assert [path for path, _ in api.asked] == ["/v1/sessions"]
    assert api.asked[0][1] == {"agent": agent.NAME, "graded": "true", "limit": 20}


def test_a_fall_is_told_once_with_the_suggestion_that_names_the_tool() -> None:
    api, story = Told([True] * 20), AgentStory()
    look(api, story, KNOWN)
    api.completed = [False] * 8 + [True] * 12
    news = look(api, story, KNOWN)
    assert kinds(news) == ["grade", "suggestion"]
    assert news[0][1] == "sessions of sim-ezra get worse: 60% completed, efficiency 3.4, quality 4.0 of 5"
    assert news[1][1] == f"suggested: {SUGGESTION}"
    assert look(api, story, KNOWN) == []


def test_the_prediction_is_told_when_success_gets_unlikely_and_not_while_nothing_is_known() -> None:
    api, story = Told([]), AgentStory()
    assert look(api, story, (0.5, "insufficient data")) == []
    assert kinds(look(api, story, (0.5, "poor: 10 of 20 succeeded"))) == ["prediction"]
    assert look(api, story, (0.4, "poor: 10 of 25 succeeded")) == []


def test_few_sessions_have_no_grades_yet() -> None:
    story = AgentStory()
    look(Told([False] * 4), story, KNOWN)
    assert story.now.sessions == 0


@pytest.mark.parametrize("broken", [False, True])
def test_a_run_of_the_agent_ends_by_itself_whether_its_tool_works_or_not(broken: bool) -> None:
    calls: list[bool] = []

    def is_broken() -> bool:
        calls.append(broken)
        return broken

    asyncio.run(asyncio.wait_for(agent._run(agent._Tools(is_broken)), 30))
    assert len(calls) == (4 if broken else 1), "it tries again until it gives up"

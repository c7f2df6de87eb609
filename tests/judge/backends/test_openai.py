"""What an OpenAI-compatible server is asked for, where servers differ."""

from typing import Any

import pytest

from otel_quality.judge.backends.calls import Request
from otel_quality.judge.backends.openai import arguments
from otel_quality.judge.config import Backend

REQUEST = Request("system", "user", {"type": "object"})


@pytest.mark.parametrize(
    ("judge", "name"),
    [
        ({"protocol": "openai", "key_env": "OPENAI_API_KEY"}, "max_completion_tokens"),
        ({"protocol": "openai", "url": "http://127.0.0.1:11434/v1"}, "max_tokens"),
        ({"protocol": "litellm"}, "max_tokens"),
    ],
)
def test_the_bound_of_an_answer_has_the_name_that_the_server_knows(judge: dict[str, Any], name: str) -> None:
    told = arguments(Backend(name="j", model="m", max_output_tokens=321, **judge), REQUEST)
    assert {key: value for key, value in told.items() if key.startswith("max_")} == {name: 321}


def test_a_form_is_asked_for_only_where_the_server_can_hold_to_it() -> None:
    judge: dict[str, Any] = {"name": "j", "protocol": "openai", "model": "m", "url": "http://127.0.0.1:1/v1"}
    form = arguments(Backend(**judge), REQUEST)["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "assessment", "strict": True, "schema": REQUEST.schema}}
    assert "response_format" not in arguments(Backend(**judge, structured=False), REQUEST)

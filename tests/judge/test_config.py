"""Settings of judges: what is refused, in words that tell what to write, and never a key."""

from typing import Any

import pytest

from otel_quality.judge.config import Backend, Config

JUDGE: dict[str, Any] = {"name": "local", "protocol": "openai", "model": "m", "url": "http://127.0.0.1:11434/v1"}
KEY = "sk-c4n4ry"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "needs a name and a model"),
        ({"model": ""}, "needs a name and a model"),
        ({"key_env": KEY}, "key_env of judge local must be the name of an environment variable in capital letters"),
        ({"url": "127.0.0.1:11434"}, "url of judge local must be an address such as"),
        ({"url": "ftp://host"}, "must be an address such as"),
        ({"url": f"http://host:{KEY}"}, "must be an address such as"),
        ({"url": f"http://user:{KEY}@host"}, "must hold neither a password nor parameters"),
        ({"url": f"http://host/v1?key={KEY}"}, "must hold neither a password nor parameters"),
        ({"url": ""}, "judge local needs url (a server of your own) or key_env (the provider's key)"),
        ({"input_usd_per_million": -1.0}, "prices of judge local must not be negative"),
        ({"timeout_s": 0.5}, "timeout_s of judge local must lie between 1 and 3600"),
        ({"max_output_tokens": 100}, "max_output_tokens between 200 and 100000"),
        ({"temperature": 2.5}, "temperature of judge local must lie between 0 and 2"),
    ],
)
def test_a_judge_that_cannot_work_is_refused_without_repeating_what_was_written(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as refused:
        Backend(**JUDGE | wrong)
    assert said in str(refused.value)
    assert KEY not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "judge",
    [
        {"protocol": "openai", "url": "", "key_env": "OPENAI_API_KEY"},
        {"protocol": "anthropic", "url": "", "key_env": "ANTHROPIC_API_KEY"},
        {"protocol": "litellm", "url": "", "model": "bedrock/some-model"},
        {"url": "http://[::1]:8000/v1"},
        {"url": "https://gateway.example.com/judges/v1", "key_env": "GATEWAY_KEY2"},
    ],
)
def test_a_judge_that_can_work_is_taken(judge: dict[str, Any]) -> None:
    assert Backend(**JUDGE | judge).name == "local"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"backends": (Backend(**JUDGE), Backend(**JUDGE))}, "twice: local"),
        ({"exporter": "mine.py"}, "module:Class"),
        ({"run_budget_usd": -1.0}, "budgets must not be negative"),
        ({"day_budget_tokens": -1}, "budgets must not be negative"),
        ({"concurrency": 0}, "concurrency must lie between 1 and 256"),
        ({"retries": 11}, "retries between 0 and 10"),
        ({"max_transcript_chars": 10}, "max_transcript_chars must lie between"),
    ],
)
def test_a_setting_out_of_range_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Config(**wrong)


def test_the_first_judge_judges_where_none_is_named() -> None:
    config = Config(backends=(Backend(**JUDGE), Backend(**JUDGE | {"name": "other"})))
    assert [config.backend(name) and config.backend(name).name for name in ("", "other", "third")] == ["local", "other", None]  # type: ignore[union-attr]
    assert Config().backend() is None

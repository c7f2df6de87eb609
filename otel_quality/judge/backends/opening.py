"""From a judge's protocol to the client that speaks it, imported only now."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from otel_quality.judge.backends.calls import Caller
from otel_quality.judge.config import Backend, Protocol
from otel_quality.judge.errors import JudgeUnusable

EXTRAS: Final[dict[Protocol, str]] = {"openai": "judge", "anthropic": "judge", "litellm": "judge,litellm"}
"""Protocol, which is also its library's and its file's name, to the extras that bring the library and what masks."""


def check(backend: Backend, keys: Mapping[str, str]) -> None:
    """Tell before the first call what would fail in every one.

    Raises:
        JudgeUnusable: the library or the key is missing.
    """
    if find_spec(backend.protocol) is None:
        extra = EXTRAS[backend.protocol]
        raise JudgeUnusable(f"judge {backend.name} needs a library that is not installed: pip install 'otel-quality[server,{extra}]'")
    key = keys.get(backend.key_env, "")
    if backend.key_env and not key:
        raise JudgeUnusable(f"judge {backend.name} needs its key in the environment variable {backend.key_env}, which is not set")
    if not (key.isascii() and key.isprintable()):
        raise JudgeUnusable(
            f"what the environment variable {backend.key_env} holds for judge {backend.name} cannot be a key: no header takes it"
        )


def caller(backend: Backend, key: str) -> Caller:
    """What asks this judge. Importing its library takes a second or two: not for an event loop."""
    client = import_module(f"otel_quality.judge.backends.{backend.protocol}").Client
    return Caller(backend, client(backend, key), key)

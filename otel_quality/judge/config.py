"""Settings of the judges: which there are, what they may cost, and what they are shown.

Holds the names of the variables that keys are in, never a key. Reads no file and no environment.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit

Protocol = Literal["openai", "anthropic", "litellm"]

NO_ANCHORS: Final = "off"
_MILLION: Final = 1_000_000
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_CLASS: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Backend:
    """One judge.

    Attributes:
        name: tells it from the others, and is the backend of its calls among all others.
        protocol: openai (also Ollama, vLLM, LiteLLM's proxy and other servers that speak it), anthropic, or litellm for its library.
        model: as the backend names it.
        url: base address, with /v1 where the server has it; empty is the provider's own.
        key_env: name of the environment variable that holds the key; empty where the server wants none.
        input_usd_per_million, output_usd_per_million: prices of a million tokens; 0 is not counted.
        structured: the server can hold answers to a JSON schema.
        timeout_s: for one call, from asking to the whole answer; 1-3600.
        max_output_tokens: of one answer, thinking included; 200-100000.
        temperature: 0-2; not sent where it is not set, because some models refuse it.
    """

    # An unknown key in a configuration is an error, not a default.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    protocol: Protocol
    model: str
    url: str = ""
    key_env: str = ""
    input_usd_per_million: float = 0.0
    output_usd_per_million: float = 0.0
    structured: bool = True
    timeout_s: float = 60.0
    max_output_tokens: int = 1500
    temperature: float | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.model:
            raise ValueError("a judge needs a name and a model")
        who = f"judge {self.name}"
        if self.key_env and not _VARIABLE.fullmatch(self.key_env):
            raise ValueError(
                f"key_env of {who} must be the name of an environment variable in capital letters, such as OPENAI_API_KEY; "
                "a key itself does not belong in a configuration"
            )
        _check_url(who, self.url)
        if not self.url and not self.key_env and self.protocol != "litellm":
            raise ValueError(f"{who} needs url (a server of your own) or key_env (the provider's key)")
        if self.input_usd_per_million < 0 or self.output_usd_per_million < 0:
            raise ValueError(f"prices of {who} must not be negative")
        if not 1 <= self.timeout_s <= 3600 or not 200 <= self.max_output_tokens <= 100_000:
            raise ValueError(f"timeout_s of {who} must lie between 1 and 3600, max_output_tokens between 200 and 100000")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise ValueError(f"temperature of {who} must lie between 0 and 2")

    def usd(self, input_tokens: int, output_tokens: int) -> float:
        """What so many tokens cost."""
        return (input_tokens * self.input_usd_per_million + output_tokens * self.output_usd_per_million) / _MILLION


def _check_url(who: str, url: str) -> None:
    """Raise ValueError, without the address in it, because it may hold a password."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"url of {who} must be an address such as http://127.0.0.1:11434/v1")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError(f"url of {who} must hold neither a password nor parameters; the key goes into the variable that key_env names")


@dataclass(frozen=True, slots=True)
class Config:
    """Which judges there are and what they may take.

    Attributes:
        backends: each with name, protocol (openai, anthropic, litellm), model, and perhaps url, key_env, prices, structured, timeout_s.
        rubric: file with the axes and experts of your own panel; empty is the shipped one.
        anchors: file with reference sessions judged in every run to watch the judge; empty is the shipped one, off is none.
        exporter: class of yours that brings sessions to judge, as module:Class; empty is none.
        concurrency: calls to a judge at the same time; 1-256.
        run_budget_usd, day_budget_usd: what one run, and all runs of a UTC day, may cost; 0 is no bound.
        run_budget_tokens, day_budget_tokens: the same in tokens, input and output; 0 is no bound.
        retries: of one call after 429, 5xx, a timeout or a broken connection; 0-10.
        max_transcript_chars: of a session that a judge is shown, the middle left out where it is longer; 1000-2000000.
    """

    backends: tuple[Backend, ...] = ()
    rubric: str = ""
    anchors: str = ""
    exporter: str = ""
    concurrency: int = 4
    run_budget_usd: float = 0.0
    day_budget_usd: float = 0.0
    run_budget_tokens: int = 2_000_000
    day_budget_tokens: int = 10_000_000
    retries: int = 4
    max_transcript_chars: int = 60_000

    def __post_init__(self) -> None:
        names = [backend.name for backend in self.backends]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"backends need different names, twice: {', '.join(twice)}")
        if self.exporter and not _CLASS.fullmatch(self.exporter):
            raise ValueError("exporter must be module:Class")
        if min(self.run_budget_usd, self.day_budget_usd, self.run_budget_tokens, self.day_budget_tokens) < 0:
            raise ValueError("budgets must not be negative")
        if not 1 <= self.concurrency <= 256 or not 0 <= self.retries <= 10:
            raise ValueError("concurrency must lie between 1 and 256, retries between 0 and 10")
        if not 1_000 <= self.max_transcript_chars <= 2_000_000:
            raise ValueError("max_transcript_chars must lie between 1000 and 2000000")

    def backend(self, name: str = "") -> Backend | None:
        """The judge of this name, the first one where none is named; None where there is none."""
        return next((backend for backend in self.backends if name in ("", backend.name)), None)

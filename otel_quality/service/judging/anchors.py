"""Reference sessions that every run judges too, so that a change of the judge is not mistaken for a change of quality.

The shipped ones are made up: short sessions, good and bad, of different kinds, and one that tries to talk its judge into 100 points. A
team's own file (`judge.anchors`) holds one session per line, as POST /v1/sessions takes it.

Decision: an anchor's name tells a digest of what it says, so that an edited one begins a history of its own.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from otel_quality import judge
from otel_quality.core.evaluations.record import Transcript
from otel_quality.core.sessions import transcript
from otel_quality.judge.config import NO_ANCHORS
from otel_quality.vocabulary.errors import ConfigError

PREFIX: Final = "anchor/"
SHIPPED: Final = Path(judge.__file__).with_name("anchors") / "default.jsonl"
MOST: Final = 100
"""Every run pays for every one of them."""
_DIGITS: Final = 6
_MAX_BYTES: Final = 1 << 20


def load(path: str) -> Mapping[str, Transcript]:
    """Reference sessions by name.

    Args:
        path: a file; empty is the shipped one, "off" none.

    Raises:
        ConfigError: with every problem found.
    """
    if path == NO_ANCHORS:
        return {}
    file = Path(path) if path else SHIPPED
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError([f"judge.anchors: {file}: {error.strerror or error}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"judge.anchors: {file}: not UTF-8 text; it holds one session per line, as JSON"]) from None
    problems: list[str] = []
    found: dict[str, Transcript] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                name, said = _read(line)
                found[name] = said
            except (ValueError, RecursionError) as error:
                problems.append(f"judge.anchors: {file}:{number}: {error}")
    if not found and not problems:
        problems.append(f"judge.anchors: {file} holds no session; write {NO_ANCHORS} for none")
    if len(found) > MOST:
        problems.append(f"judge.anchors: {file} holds {len(found)} sessions, and every run judges them all; {MOST} are the most")
    if problems:
        raise ConfigError(problems)
    return found


def _read(line: str) -> tuple[str, Transcript]:
    session: Any = json.loads(line)
    name = session.get("id") if isinstance(session, dict) else None
    if not isinstance(name, str) or not name or not name.isprintable():
        raise ValueError('it must be an object with "id" and "messages"')
    said = transcript.of_messages(session, max_bytes=_MAX_BYTES)
    if not said.lines:
        raise ValueError("it says nothing")
    text = json.dumps([(each.role, each.name, each.text) for each in said.lines], ensure_ascii=False)
    return f"{PREFIX}{name[:80]}@{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}", said

"""Masks secrets and personal data in text: each is replaced by its kind, such as `[EMAIL]` or `[GITHUB_TOKEN]`.

The patterns are those of datafog's regex annotator and of detect-secrets' plugins, and a few for what neither knows (keys of LLM
providers, whole private keys). Never asks the network: neither library's own entry points are used, which would verify or report.

What is found once in a transcript by its surroundings (`password = "..."`) is masked wherever it stands, so the same secret always has
the same placeholder. Text inside JSON strings, with zero-width or full-width characters, and tokens wrapped over lines are looked at
as a reader would see them. Not found: what is encoded, put together from parts, or written in words.

Decision: kinds that cry wolf are left out or need their surroundings, measured on 4 MB of agents' sessions. Postal codes (508 of 508
were order numbers and years), bare ten-digit numbers as telephones (2,337 order numbers), dates not said to be of birth (832 of 1,294,
mostly flights), card numbers whose check digit is wrong, addresses that are versions, and the two entropy plugins (126 finds, all ids of
tool calls) mask what a judge needs. The keyword plugin's words are used with patterns of our own: its own take more time than all others
together and see one find a line. What is left finds 1,677 things in 22.6 MB of 1,211 sessions: 893 dates of birth, 581 mail addresses,
168 passwords of sample code (`SECRET_KEY='secret'`: harmless, and nobody can tell them from real ones), 31 hosts, 3 telephones, and one
card that is a row of coordinates. It reads 2.5 MB a second on one core.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from otel_quality.core.evaluations.record import Transcript
from otel_quality.judge import patterns, views
from otel_quality.judge.patterns import BY_SURROUNDINGS, PLACEHOLDER, Rule, places

_LEAST_REPEATED: Final = 6
"""A value shorter than this is masked where it was found and nowhere else."""
_MOST_LOOKS: Final = 5
"""A placeholder may part what hung together, so a text in which something was found is looked at again."""
_MOST_REPEATED: Final = 1_000
"""Values looked for again."""
_REST: Final = re.compile(r"[\w\-]{0,512}")
_NUMBER: Final = re.compile(r"[+(]?\d[\d\-. ()]{5,}")
"""What any pattern of digits finds lies in such a stretch."""


class _Find(NamedTuple):
    start: int
    end: int
    kind: str


def check() -> None:
    """See that masking works here.

    Raises:
        ConfigError: the libraries are not installed; the message says what to do.
    """
    patterns.rules()


def mask(text: str) -> tuple[str, Counter[str]]:
    """The text with secrets and personal data replaced, and how many there were, by kind.

    >>> mask("write to ann@example.com")[0]
    'write to [EMAIL]'
    """
    (masked_text,), counts = _masked([text])
    return masked_text, counts


def masked(transcript: Transcript) -> Transcript:
    """The transcript with every line masked; `masked` counts what this replaced and what was before."""
    texts, counts = _masked([text for line in transcript.lines for text in (line.text, line.name)])
    lines = tuple(replace(line, text=text, name=name) for line, text, name in zip(transcript.lines, texts[::2], texts[1::2], strict=True))
    return Transcript(lines, dict(counts + Counter(transcript.masked)), transcript.cut)


def _masked(texts: list[str]) -> tuple[list[str], Counter[str]]:
    found = [_finds(text) for text in texts]
    values: dict[str, str] = {}
    for text, finds in zip(texts, found, strict=True):
        for find in finds:
            value = text[find.start : find.end]
            if find.kind in BY_SURROUNDINGS and len(value) >= _LEAST_REPEATED and any(map(str.isdigit, value)):
                values[value] = find.kind
    again = list(values.items())[:_MOST_REPEATED]
    counts: Counter[str] = Counter()
    done = []
    for text, finds in zip(texts, found, strict=True):
        finds = _merged([*finds, *_again(text, again)]) if again else finds
        for _ in range(_MOST_LOOKS):
            if not finds:
                break
            counts.update(find.kind for find in finds)
            text = _replaced(text, finds)
            finds = _finds(text)
        done.append(text)
    return done, counts


def _again(text: str, values: list[tuple[str, str]]) -> Iterator[_Find]:
    """Where values that were found by their surroundings stand without them; never inside a longer word."""
    for value, kind in values:
        for at in places(text, (value,)):
            end = at + len(value)
            if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                yield _Find(at, end, kind)


def _finds(text: str) -> list[_Find]:
    """What is to be masked, in order, without overlap."""
    if len(text) < _LEAST_REPEATED:
        return []
    view = views.read(text)
    lowered = view.text.lower()
    finds = list(_matches(view.text, lowered, patterns.rules(), extend=True))
    wrapped = views.unwrapped(view) if "\n" in lowered and any(mark in lowered for mark in _token_marks()) else None
    if wrapped is not None:
        for find in _matches(wrapped.text, wrapped.text.lower(), _tokens(), extend=False):
            start, end = wrapped.place(find.start, find.end)
            if "\n" in view.text[start:end]:
                finds.append(_Find(start, end, find.kind))
    return _merged([_Find(*view.place(find.start, find.end), find.kind) for find in finds])


def _matches(text: str, lowered: str, rules: Iterable[Rule], *, extend: bool) -> Iterator[_Find]:
    stretches = [(max(0, match.start() - 1), match.end() + 1) for match in _NUMBER.finditer(text)]
    for rule in rules:
        for match in rule.matches(text, lowered, stretches):
            start, end = match.span(rule.group)
            if start < 0 or PLACEHOLDER.fullmatch(text, start, end) or (rule.check is not None and not rule.check(text, start, end)):
                continue
            if rule.token and extend:
                rest = _REST.match(text, end)
                end = rest.end() if rest else end
            yield _Find(start, end, rule.kind)


def _merged(finds: list[_Find]) -> list[_Find]:
    """In order; those that overlap are one, of the kind that was looked for first."""
    done: list[_Find] = []
    order = {kind: number for number, kind in enumerate(kinds())}
    for find in sorted(finds):
        if done and find.start < done[-1].end:
            last = done[-1]
            done[-1] = _Find(last.start, max(last.end, find.end), min(last.kind, find.kind, key=lambda kind: order[kind]))
        else:
            done.append(find)
    return done


def _replaced(text: str, finds: list[_Find]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, kind in finds:
        parts += (text[at:start], f"[{kind}]")
        at = end
    return "".join((*parts, text[at:]))


@cache
def kinds() -> tuple[str, ...]:
    """Every kind there is, secrets first."""
    return tuple(dict.fromkeys(rule.kind for rule in patterns.rules()))


@cache
def _tokens() -> tuple[Rule, ...]:
    return tuple(rule for rule in patterns.rules() if rule.token)


@cache
def _token_marks() -> frozenset[str]:
    return frozenset(mark for rule in _tokens() for mark in rule.marks)

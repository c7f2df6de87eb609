"""The rubric: what each axis asks, what its levels look like, and which experts judge; a TOML file, shipped or a team's own.

The shipped file `rubrics/default.toml` tells the form. A rubric is checked as a whole, every problem one line. Calls no judge.

Decision: the version of a rubric is what its file declares and a digest of what the file says, not of its bytes: a comment or
another layout changes no judgement, and thousands of sessions judged again cost money.
"""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from otel_quality.vocabulary.axes import AXES, OPTIONAL_AXES, Axis
from otel_quality.vocabulary.errors import ConfigError

SHIPPED: Final = Path(__file__).with_name("rubrics") / "default.toml"
LEVELS: Final = (0, 25, 50, 75, 100)
"""Scores that every axis describes in words."""

MAX_BYTES: Final = 200_000
MAX_EXPERTS: Final = 12
MAX_TEXT: Final = 4_000
"""Characters of one question, level or perspective."""
_VERSION: Final = re.compile(r"[\w.]{1,40}")
_NAME: Final = re.compile(r"[A-Za-z][\w' -]{0,39}")
_DIGEST: Final = 8


@dataclass(frozen=True, slots=True)
class AxisText:
    """One axis in words.

    Attributes:
        levels: what a session looks like at each of LEVELS.
        null_when: when it does not apply; empty where it always does.
    """

    axis: Axis
    question: str
    levels: tuple[str, ...]
    null_when: str = ""


@dataclass(frozen=True, slots=True)
class Expert:
    """One member of the panel; perspective: who judges and what they look at."""

    name: str
    perspective: str


@dataclass(frozen=True, slots=True)
class Rubric:
    """All that a panel judges by.

    Attributes:
        declared: the version as the file declares it.
        axes: in the order of `axes.AXES`.
        text: the file as it is written.
    """

    declared: str
    axes: tuple[AxisText, ...]
    experts: tuple[Expert, ...]
    text: str

    @property
    def version(self) -> str:
        """The declared version and a digest of all that is said."""
        said = json.dumps([[asdict(axis) for axis in self.axes], [asdict(expert) for expert in self.experts]], ensure_ascii=False)
        return f"{self.declared}-{hashlib.sha256(said.encode()).hexdigest()[:_DIGEST]}"

    def expert(self, name: str) -> Expert:
        """The expert of this name.

        Raises:
            ValueError: there is none.
        """
        for expert in self.experts:
            if expert.name == name:
                return expert
        raise ValueError(f"the rubric has no expert {name}; it has {', '.join(each.name for each in self.experts)}")


def load(path: str = "") -> Rubric:
    """Read a rubric; empty is the shipped one.

    Raises:
        ConfigError: with every problem found.
    """
    file = Path(path) if path else SHIPPED
    try:
        with file.open("rb") as source:
            read = source.read(MAX_BYTES + 1)
        if len(read) > MAX_BYTES:
            raise ConfigError([f"{file}: a rubric has {MAX_BYTES} bytes at most"])
        return parse(read.decode(), str(file))
    except OSError as error:
        raise ConfigError([f"{file}: {error.strerror or error}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{file}: not UTF-8 text"]) from None


def problems(path: str = "") -> list[str]:
    """What is wrong with a rubric, one line each; nothing where it is sound."""
    try:
        load(path)
    except ConfigError as error:
        return error.problems
    return []


def parse(text: str, source: str) -> Rubric:
    """A rubric from its text; source names it in problems.

    Raises:
        ConfigError: with every problem found.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{source}: not TOML: {error}"]) from None
    found = [f"{source}: {problem}" for problem in _wrong(tables)]
    if found:
        raise ConfigError(found)
    axes = tuple(_axis(axis, tables["axes"][axis]) for axis in AXES)
    experts = tuple(Expert(each["name"], each["perspective"].strip()) for each in tables["experts"])
    return Rubric(tables["version"], axes, experts, text)


def diff(old: Rubric, new: Rubric) -> list[str]:
    """How the files differ, line by line as `diff -u` writes it, after a line that tells whether evaluations become stale."""
    same = old.version == new.version
    head = "the same to a judge" if same else f"{old.version} to {new.version}: evaluations by the old one become stale"
    lines = difflib.unified_diff(old.text.splitlines(), new.text.splitlines(), old.version, new.version, lineterm="")
    return [head, *lines]


def _axis(axis: Axis, table: Mapping[str, str]) -> AxisText:
    levels = tuple(table[f"at_{level}"].strip() for level in LEVELS)
    return AxisText(axis, table["question"].strip(), levels, table.get("null_when", "").strip())


def _wrong(tables: Mapping[str, Any]) -> Iterator[str]:
    """Every problem of a rubric's tables."""
    yield from _unknown(tables, ("version", "axes", "experts"), "")
    version = tables.get("version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        yield 'version must be a text of letters, digits, dots and underscores, such as version = "2"'
    axes = tables.get("axes")
    if isinstance(axes, dict):
        yield from _unknown(axes, AXES, "axes.")
        for axis in AXES:
            yield from _wrong_axis(axis, axes.get(axis))
    else:
        yield f"there are no axes: each of {', '.join(AXES)} needs a table such as [axes.{AXES[0]}]"
    experts = tables.get("experts")
    if isinstance(experts, list) and 1 <= len(experts) <= MAX_EXPERTS:
        yield from _wrong_experts(experts)
    else:
        yield f"a panel has 1 to {MAX_EXPERTS} experts, each a table [[experts]] with name and perspective"


def _wrong_axis(axis: Axis, table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"axes.{axis} is missing: it needs a table [axes.{axis}]"
        return
    needed = ("question", *(f"at_{level}" for level in LEVELS))
    optional = axis in OPTIONAL_AXES
    yield from _unknown(table, (*needed, "null_when") if optional else needed, f"axes.{axis}.")
    for name in (*needed, "null_when") if optional else needed:
        yield from _wrong_text(table.get(name), f"axes.{axis}.{name}")


def _wrong_experts(experts: list[Any]) -> Iterator[str]:
    names = []
    for number, expert in enumerate(experts, 1):
        place = f"expert {number}"
        if not isinstance(expert, dict):
            yield f"{place} must be a table [[experts]]"
            continue
        yield from _unknown(expert, ("name", "perspective"), f"{place}: ")
        yield from _wrong_text(expert.get("perspective"), f"{place}: perspective")
        name = expert.get("name")
        if isinstance(name, str) and _NAME.fullmatch(name):
            names.append(name)
        else:
            yield f"{place}: name must be a word or a few, of 40 characters at most"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two experts are called {name}"


def _wrong_text(value: object, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"{place} is missing: it must be a text"
    elif len(value) > MAX_TEXT:
        yield f"{place} has {len(value)} characters; {MAX_TEXT} are the most"


def _unknown(table: Mapping[str, Any], allowed: tuple[str, ...], place: str) -> Iterator[str]:
    for name in table:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            yield f"there is no {place}{name}; " + (f"did you mean {near[0]}?" if near else f"allowed are {', '.join(allowed)}")

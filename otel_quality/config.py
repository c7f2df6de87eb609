"""Composes every room's Config from a TOML file, the environment and the command line, checked once, all problems at once.

A setting is `section.name`: in TOML a key of a table, in the environment `OTEL_QUALITY_SECTION_NAME`. The command line beats the
environment, the environment the file, the file the default. A name that does not exist is an error that tells the allowed ones.
Nothing else of the server reads the environment.
"""

import difflib
import inspect
import json
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from pydantic import ConfigDict, SecretStr, TypeAdapter, ValidationError

from otel_quality.api.hosts import is_loopback
from otel_quality.core import dedup, engine, keys, score
from otel_quality.core.drift import rules
from otel_quality.core.sessions import assembly, issues, transcript
from otel_quality.core.tools import adapt
from otel_quality.judge import config as judges
from otel_quality.judge import rubric
from otel_quality.store import contract
from otel_quality.vocabulary.errors import ConfigError
from otel_quality.vocabulary.secrets import masked
from otel_quality.wire import decode, receiver

_FINITE: Final = ConfigDict(allow_inf_nan=False)
_LEAST_TOKEN: Final = 16
"""Characters of a token; fewer can be guessed."""
_NEARLY: Final = 0.9
"""Likeness to a setting's variable from which another name is taken for a misspelt one; `OTEL_QUALITY_API_URL` is well under it."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the processor listens and how often it brings scores up to date.

    Attributes:
        host: address that all listeners bind.
        insecure_network: allow a host beyond loopback although there is no TLS.
        otlp_grpc_port, otlp_http_port, metrics_port, api_port: ports; 0 picks a free one.
        tick_s: seconds between two updates of scores and verdicts; 0.05 to 60.
        data_dir: directory for the history of sessions and tools; without one it is kept in memory.
        api_token: what every call of the API that changes something has to carry, at least 16 characters; printed nowhere.
    """

    host: str = "127.0.0.1"
    insecure_network: bool = False
    otlp_grpc_port: int = 4317
    otlp_http_port: int = 4318
    metrics_port: int = 9464
    api_port: int = 9465
    tick_s: float = 1.0
    data_dir: str | None = None
    api_token: SecretStr | None = None

    def __post_init__(self) -> None:
        ports = (self.otlp_grpc_port, self.otlp_http_port, self.metrics_port, self.api_port)
        if not all(0 <= port <= 65535 for port in ports):
            raise ValueError("ports must lie between 0 and 65535")
        chosen = [port for port in ports if port]
        if len(set(chosen)) != len(chosen):
            raise ValueError(f"each listener needs a port of its own, got {', '.join(map(str, ports))}")
        if not 0.05 <= self.tick_s <= 60:
            raise ValueError("tick_s must lie between 0.05 and 60")
        if self.api_token is not None and (len(self.token) < _LEAST_TOKEN or not re.fullmatch(r"[!-~]+", self.token)):
            raise ValueError(
                f"api_token must be at least {_LEAST_TOKEN} characters of ASCII without spaces; `openssl rand -hex 32` makes a good one"
            )
        if not self.loopback and not self.insecure_network:
            raise ValueError(
                f"host {self.host} is reachable from other machines and there is {'no TLS' if self.token else 'neither TLS nor a token'}; "
                "bind 127.0.0.1, or say --insecure-network where the network itself is closed"
            )

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def token(self) -> str:
        """The API's token; empty where none is set."""
        return self.api_token.get_secret_value() if self.api_token else ""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the processor.

    Attributes:
        spans_elsewhere: OTEL_* variables say where the spans of judges' calls go; else they come to the processor itself.
        keys: of the judges, by the variable that holds each; no setting, and printed nowhere.
    """

    core: engine.Config = field(default_factory=engine.Config)
    backend: decode.Config = field(default_factory=decode.Config)
    otlp: receiver.Limits = field(default_factory=receiver.Limits)
    store: contract.Config = field(default_factory=contract.Config)
    adaptations: adapt.Config = field(default_factory=adapt.Config)
    server: Server = field(default_factory=Server)
    judge: judges.Config = field(default_factory=judges.Config)
    content: transcript.Config = field(default_factory=transcript.Config)
    grades: issues.Config = field(default_factory=issues.Config)
    spans_elsewhere: bool = False
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


LIST: Final = "list of strings"
TABLE: Final = "table of strings"
TABLES: Final = "list of tables"
HIDDEN: Final = "secret string"

_SPANS_GO: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

_SECTIONS: Final[dict[str, tuple[type, ...]]] = {
    "server": (Server,),
    "backend": (decode.Config,),
    "score": (score.Config,),
    "drift": (rules.Config, engine.Watch),
    "limits": (keys.Limits,),
    "dedup": (dedup.Config,),
    "sessions": (assembly.Config, issues.Config),
    "store": (contract.Config,),
    "adaptations": (adapt.Config,),
    "content": (transcript.Config,),
    "judge": (judges.Config,),
    "otlp": (receiver.Limits,),
}
"""Section to the classes whose fields are its settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: `section.name`.
        type: its type, for people.
        default: the value where nothing is set.
        help: one line.
    """

    name: str
    type: str
    default: Any
    help: str
    adapter: TypeAdapter[Any]

    @property
    def env(self) -> str:
        return f"OTEL_QUALITY_{self.name.replace('.', '_').upper()}"


def _help(owner: type) -> dict[str, str]:
    """Field to its line in the class's docstring."""
    lines = re.findall(r"^\s+(\w+(?:, \w+)*): (.+)$", inspect.cleandoc(owner.__doc__ or ""), re.MULTILINE)
    return {name: text for names, text in lines for name in names.split(", ")}


def _type_name(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Literal:
        return " | ".join(map(str, typing.get_args(hint)))
    names = {
        tuple[str, ...]: LIST,
        Mapping[str, str]: TABLE,
        tuple[adapt.Rule, ...]: TABLES,
        tuple[judges.Backend, ...]: TABLES,
        SecretStr | None: HIDDEN,
    }
    return names.get(hint) or re.sub(r"<class '(\w+)'>", r"\1", str(hint)).replace(" | None", "")


def _default(of: Field[Any]) -> Any:
    return of.default if of.default is not MISSING else of.default_factory() if of.default_factory is not MISSING else None


def _settings() -> tuple[Setting, ...]:
    found = []
    for section, owners in _SECTIONS.items():
        for owner in owners:
            helps, hints = _help(owner), typing.get_type_hints(owner)
            for of in fields(owner):
                hint = hints[of.name]
                found.append(
                    Setting(f"{section}.{of.name}", _type_name(hint), _default(of), helps[of.name], TypeAdapter(hint, config=_FINITE))
                )
    return tuple(found)


SETTINGS: Final = _settings()
"""Every setting, in the order of the sections."""
_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
_BY_ENV: Final = {setting.env: setting for setting in SETTINGS}


def load(path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Config:
    """Read and check all settings.

    Args:
        path: TOML file; None: no file.
        environ: the environment.
        overrides: settings of the command line by name; those that are None are not set.

    Raises:
        ConfigError: with every problem found.
    """
    problems: list[str] = []
    given = _from_file(path, problems) | _from_environment(environ, problems)
    given |= {name: (value, "command line") for name, value in (overrides or {}).items() if value is not None}
    values = _checked(given, problems)
    made = {owner: _made(section, owner, values, problems) for section, owners in _SECTIONS.items() for owner in owners}
    if made[judges.Config].rubric:
        problems += [f"judge.rubric: {problem}" for problem in rubric.problems(made[judges.Config].rubric)]
    if problems:
        raise ConfigError(problems)
    core = engine.Config(
        made[score.Config], made[rules.Config], made[engine.Watch], made[keys.Limits], made[dedup.Config], made[assembly.Config]
    )
    return Config(
        core,
        made[decode.Config],
        made[receiver.Limits],
        made[contract.Config],
        made[adapt.Config],
        made[Server],
        made[judges.Config],
        made[transcript.Config],
        made[issues.Config],
        spans_elsewhere=any(environ.get(name, "").strip() for name in _SPANS_GO),
        keys=_keys(made[judges.Config], environ),
    )


def _keys(judge: judges.Config, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The keys that are there; one that is missing is told when its judge is asked, so that everything else works without it."""
    found = {backend.key_env: environ.get(backend.key_env, "").strip() for backend in judge.backends if backend.key_env}
    return {name: key for name, key in found.items() if key}


def effective(config: Config) -> dict[str, Any]:
    """The value of every setting, by name."""
    parts = (config.server, config.backend, config.otlp, config.core.score, config.core.drift, config.core.watch, config.core.limits)
    rest = (config.core.dedup, config.core.sessions, config.grades, config.store, config.adaptations, config.judge, config.content)
    of = {type(part): part for part in (*parts, *rest)}
    owner_of = {f"{section}.{f.name}": owner for section, owners in _SECTIONS.items() for owner in owners for f in fields(owner)}
    return {name: getattr(of[owner], name.split(".")[1]) for name, owner in owner_of.items()}


Given = dict[str, tuple[object, str]]
"""Setting to its raw value and where that came from."""


def _from_file(path: Path | None, problems: list[str]) -> Given:
    if path is None:
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: {error.strerror or error}")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: not TOML: {error}")
        return {}
    given: Given = {}
    for section, table in tables.items():
        if section not in _SECTIONS:
            problems.append(f"{path}: there is no section [{section}]{_instead(section, list(_SECTIONS))}")
        elif not isinstance(table, dict):
            problems.append(f"{path}: {section} must be a table: [{section}]")
        else:
            given |= {f"{section}.{name}": (value, str(path)) for name, value in table.items()}
    return given


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Given:
    given: Given = {}
    prefixes = tuple(f"OTEL_QUALITY_{section.upper()}_" for section in _SECTIONS)
    for name, value in environ.items():
        if name in _BY_ENV:
            setting = _BY_ENV[name]
            given[setting.name] = (_from_text(setting, value), name)
        elif name.startswith(prefixes) or _misspelt(name):
            problems.append(f"{name}: no such setting{_instead(name, list(_BY_ENV))}")
    return given


def _misspelt(name: str) -> bool:
    """Whether a variable of no section of ours was meant for a setting."""
    return name.startswith("OTEL_QUALITY_") and bool(difflib.get_close_matches(name, _BY_ENV, n=1, cutoff=_NEARLY))


def _from_text(setting: Setting, value: str) -> object:
    """Lists as `a,b`, tables as `old=new,old2=new2`, lists of tables as JSON."""
    if setting.type == TABLES:
        try:
            return json.loads(value)
        except ValueError:
            return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if setting.type == LIST:
        return parts
    if setting.type == TABLE:
        return {name: new if equals else None for name, equals, new in (part.partition("=") for part in parts)}
    return value


def _checked(given: Given, problems: list[str]) -> dict[str, Any]:
    values = {}
    for name, (raw, source) in given.items():
        setting = _BY_NAME.get(name)
        if setting is None:
            section = name.split(".")[0]
            allowed = [s.name for s in SETTINGS if s.name.startswith(f"{section}.")]
            problems.append(f"{source}: there is no setting {name}{_instead(name, allowed)}")
            continue
        try:
            values[name] = setting.adapter.validate_python(raw)
        except ValidationError as error:
            first = error.errors()[0]
            place = "".join(f", {part}" for part in first["loc"])
            # Tables are not repeated: a key that somebody wrote into one must not reach a log.
            told = "" if setting.type in (TABLES, HIDDEN) else f" = {masked(repr(raw))}"
            problems.append(f"{source}: {name}{told}{place}: {_lower(first['msg'])}; it is a {setting.type}")
    return values


def _lower(message: str) -> str:
    """A message of the checker, to stand inside a sentence."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _made(section: str, owner: type, values: Mapping[str, Any], problems: list[str]) -> Any:
    mine = {f.name: values[f"{section}.{f.name}"] for f in fields(owner) if f"{section}.{f.name}" in values}
    try:
        return owner(**mine)
    except ValueError as error:
        problems.append(f"[{section}] {error}")
        return owner()


def _instead(name: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    return f"; did you mean {near[0]}?" if near else f"; allowed are {', '.join(allowed)}"

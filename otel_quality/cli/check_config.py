"""`check-config`: every problem of a configuration at once, or what it means in full."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import click

from otel_quality.cli import options
from otel_quality.vocabulary.secrets import masked

_KEPT_BACK = "set, and not printed"


@click.command("check-config")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the settings as JSON.")
def command(file: Path | None, as_json: bool) -> None:
    """Check a configuration, the environment included, and print every setting in force.

    What is printed is a configuration file itself, but for passwords, which are printed as ***. Exit code 2 and one line per problem
    if anything is wrong.
    """
    # Imported here: the classes that hold the settings live in rooms that are slow to load.
    from otel_quality import config
    from otel_quality.cli import settings

    values = config.effective(settings.load(file, {}))
    if as_json:
        secret = {setting.name for setting in config.SETTINGS if setting.type == config.HIDDEN}
        options.print_json({name: _KEPT_BACK if value and name in secret else _plain(value) for name, value in values.items()})
        return
    section = ""
    for setting in config.SETTINGS:
        head, _, name = setting.name.partition(".")
        if head != section:
            click.echo(f"{chr(10) if section else ''}[{head}]")
            section = head
        if setting.type == config.HIDDEN and values[setting.name]:
            click.echo(f"# {name} is {_KEPT_BACK}")
            continue
        changed = "" if values[setting.name] == setting.default else f"  # default: {_toml(setting.default)}"
        assigned = f"{name} = {_toml(values[setting.name])}" if values[setting.name] is not None else f"# {name} is not set"
        click.echo(assigned + changed)


def _plain(value: Any) -> Any:
    """A value without classes of ours and without passwords; what is not set in a table is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in asdict(value).items() if item is not None}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return masked(value) if isinstance(value, str) else value


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    value = _plain(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)

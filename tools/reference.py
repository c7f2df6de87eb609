"""docs/reference.md from the tables that the program itself obeys: `python -m tools.reference` writes it, `--check` compares.

Metrics come from vocabulary/metrics.py, commands from the click tree, settings from config. Prose has no place here.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Final

import click

from otel_quality.cli.group import commands as tree
from otel_quality.config import SETTINGS
from otel_quality.vocabulary.metrics import METRICS

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "reference.md"
HEAD: Final = """# Reference

Written by `python -m tools.reference` from the program's own tables; do not edit.
"""


def commands(group: click.Group = tree, of: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its name, those of a group after it, in the order in which the help lists them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield of + name, command
        if isinstance(command, click.Group):
            yield from commands(command, f"{of}{name} ")


def cell(text: object) -> str:
    """Text that stays in its cell of a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell(each) for each in line) + " |\n" for line in lines)


def written(value: object) -> str:
    """A default as it is written in the file; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        value = [asdict(item) if is_dataclass(item) and not isinstance(item, type) else item for item in value]
        value = [{name: each for name, each in item.items() if each is not None} if isinstance(item, dict) else item for item in value]
    return f"`{value}`"


def _option_row(option: click.Option) -> Sequence[object]:
    spelling = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    told = option.show_default and not option.is_flag and option.default is not None
    return spelling, f"`{option.default}`" if told else "", option.help or ""


def _command_section(name: str, command: click.Command) -> str:
    context = click.Context(command)
    words = [parameter.make_metavar(context) for parameter in command.params if isinstance(parameter, click.Argument)]
    rows = [_option_row(parameter) for parameter in command.params if isinstance(parameter, click.Option)]
    text = f"### `{' '.join(('otel-quality', name, *words))}`\n\n{inspect.cleandoc(command.help or '')}\n"
    return text + (f"\n{table(('option', 'default', 'what'), rows)}" if rows else "")


def document() -> str:
    """The whole page."""
    metrics = [(f"`{metric.name}`", metric.kind, ", ".join(f"`{label}`" for label in metric.labels), metric.help) for metric in METRICS]
    settings = [(f"`{setting.name}`", setting.type, written(setting.default), f"`{setting.env}`", setting.help) for setting in SETTINGS]
    return "\n".join(
        (
            HEAD,
            "## Commands\n",
            *(_command_section(name, command) for name, command in commands()),
            "## Settings\n\nIn the TOML file of `--config`, or as an environment variable, which wins.\n",
            table(("setting", "type", "default", "variable", "what"), settings),
            "## Metrics\n\nRatios are 0-1, durations seconds, instants Unix seconds.\n",
            table(("metric", "type", "labels", "what"), metrics),
        )
    )


def main() -> int:
    """Write the page, or with `--check` tell by the exit code whether it is what would be written."""
    if sys.argv[1:] == ["--check"]:
        if DOCUMENT.exists() and DOCUMENT.read_text() == document():
            return 0
        print(f"{DOCUMENT.name} is not what `python -m tools.reference` writes: run it", file=sys.stderr)
        return 1
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document())
    return 0


if __name__ == "__main__":
    sys.exit(main())

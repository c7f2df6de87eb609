"""`python -m prometheus`: write the generated files, or check that they are what would be written.

Every field of `Settings` is an option. Exit 0; 1 where `--check` finds a difference; 2 for a wrong call.
"""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if not find_spec("yaml"):
    sys.exit("python -m prometheus needs PyYAML: pip install PyYAML, or run it with .venv/bin/python after `make test`")

from prometheus.files import DOCUMENT, ROOT, generated, with_table
from prometheus.settings import Settings, duration, seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    chosen = vars(parser.parse_args(arguments))
    check, root = chosen.pop("check"), chosen.pop("root")
    try:
        settings = Settings(**chosen)
        wanted = _wanted(root, settings)
    except ValueError as error:
        parser.error(str(error))
    stale = [path for path, text in wanted.items() if not (root / path).is_file() or (root / path).read_text() != text]
    if check:
        for path in stale:
            print(f"{path} is not what `python -m prometheus` writes: run it with the same options", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(wanted[path])
        print(f"wrote {path}")
    return 0


def _wanted(root: Path, settings: Settings) -> dict[Path, str]:
    """All files; the documentation's table only where the documentation is."""
    document = root / DOCUMENT
    table = {DOCUMENT: with_table(document.read_text(), settings)} if document.is_file() else {}
    return generated(settings) | table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m prometheus", description="Writes the Prometheus, Alertmanager and Grafana alert files."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder to write into (default: the checkout)")
    durations = Settings.durations()
    for each in dataclasses.fields(Settings):
        default: Any = each.default
        kind: Callable[[str], Any] = type(default)
        name, shown = each.name, default
        if each.name in durations:
            name, shown, kind = each.name.removesuffix("_s"), duration(default), _seconds
        text = f"{each.metadata['help']} (default: {shown if shown != '' else 'none'})"
        parser.add_argument(f"--{name.replace('_', '-')}", dest=each.name, type=kind, default=default, metavar="VALUE", help=text)
    return parser


def _seconds(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())

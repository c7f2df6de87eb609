"""Options that several commands share, and printing as JSON."""

import json
from typing import Any, Final

import click

from otel_quality.client import DEFAULT_URL

api: Final = click.option(
    "--api",
    "api_url",
    metavar="URL",
    envvar="OTEL_QUALITY_API_URL",
    default=DEFAULT_URL,
    show_default=True,
    help="The processor's API; also OTEL_QUALITY_API_URL.",
)
token: Final = click.option(
    "--token",
    metavar="TOKEN",
    envvar="OTEL_QUALITY_API_TOKEN",
    default="",
    help="What the API wants from who changes something; better in OTEL_QUALITY_API_TOKEN, which `ps` does not show.",
)
as_json: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API answers it.")


def print_json(answer: Any) -> None:
    """One JSON document, indented, with its letters as they are."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))

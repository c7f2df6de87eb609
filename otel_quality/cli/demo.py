"""`demo`: simulated backends, one of which gets worse, watched live."""

import asyncio

import click

from otel_quality import terminal


@click.command("demo")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=45,
    show_default=True,
    help="How long calls are made; 0 is until stopped, with --endpoint only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end, and nothing else.")
@click.option("--keep", is_flag=True, help="Leave the processor running, and print where it listens.")
@click.option("--endpoint", metavar="URL", help="Send to this OTLP/HTTP address, and start no processor.")
def command(seconds: float, as_json: bool, keep: bool, endpoint: str | None) -> None:
    """Watch simulated backends, one of which gets worse, in under a minute. Needs no other service.

    A processor is started on free ports, and the real SDK sends real OTLP to it. No provider is called.
    """
    if endpoint is None and seconds < 1:
        raise click.UsageError("--seconds must be 1 or more; 0 (until stopped) goes with --endpoint")
    if endpoint is not None and (keep or as_json):
        raise click.UsageError("--endpoint sends only: there is no processor to keep, and no outcome to print as JSON")
    # Imported here: the SDK and its exporter are slow to load, and the other commands' help needs neither.
    from otel_quality.demo import show

    config = show.Config(seconds=seconds, as_json=as_json, keep=keep, endpoint=endpoint)
    try:
        asyncio.run(show.run(config, terminal.console()))
    except asyncio.CancelledError:
        raise click.Abort from None

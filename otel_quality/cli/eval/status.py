"""`eval status`: how one run goes."""

import click

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.cli.eval import following
from otel_quality.client import Client


@click.command("status")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--wait", is_flag=True, help="Until it ends.")
@options.api
@options.as_json
def command(run_id: str | None, wait: bool, api_url: str, as_json: bool) -> None:
    """Say how a run goes, and which of its sessions failed and why; without RUN the latest one."""
    client = Client(api_url)
    if run_id is None:
        latest = client.get("/v1/evaluations/runs", limit=1)["runs"]
        if not latest:
            raise click.ClickException("there is no run yet; `otel-quality eval run` starts one")
        run_id = str(latest[0]["id"])
    answer = client.get(following.path(run_id), limit=following.MOST)
    if wait:
        answer = following.follow(client, answer)
    if as_json:
        options.print_json(answer)
        return
    out = terminal.console()
    for head, body in following.lines(terminal.tame(answer)):
        terminal.item(out, head, body)

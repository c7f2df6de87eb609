"""`doctor`: what arrives, from whom, which fields are missing and why, and what to do next.

Reads /v1/intake and /v1/drift of a running processor and knocks at its other listeners. Every finding has a level; one that
is `wrong` makes the exit code 1. Changes nothing.

Decision: advice per field is a table, and a field is worth a word only where its absence takes a score component or a
drift signal away.
"""

import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import click
from rich.text import Text

from otel_quality import terminal
from otel_quality.cli import options
from otel_quality.client import ApiError, Client
from otel_quality.vocabulary import attributes

_CONNECT_S: Final = 2.0
_FEW: Final = 0.5
"""Coverage under which a field is called missing."""
_FEW_STREAMED: Final = 0.05
"""The same for what only streamed calls have."""
_MARKS: Final = {"ok": ("✓", "green"), "note": ("·", "yellow"), "wrong": ("✗", "bold red")}

_FIELDS: Final = {
    "latency": ("no latency component", "end spans when the response is complete"),
    "stop_reason": ("no stop_anomaly_rate, and refusals are not seen", f"send {attributes.FINISH_REASONS}"),
    "output_tokens": ("no empty_response_rate and no length_collapse_ratio", f"send {attributes.OUTPUT_TOKENS}"),
    "tools_offered": ("no tool_silence_rate", f"send {attributes.HAS_TOOLS} (the decorators do), if calls offer tools"),
    "time_to_first_chunk": ("no TTFT", f"send {attributes.TIME_TO_FIRST_CHUNK} with streamed calls (the decorators do)"),
    "task": ('every call counts as "general"', f'name the task: @observe_llm(task="code"), or {attributes.TASK} on the span'),
    "model": ('the model is "unknown"', f"send {attributes.REQUEST_MODEL}"),
}
"""Per field of the coverage: what is lost without it, and what to do."""

_BOUNDS: Final = {"key": "limits.kept", "series": "limits.exposed"}
"""Setting by label of the overflow, where it is not named after it."""
_REASONS: Final = {"duplicate": "the sender repeated them; nothing is counted twice", "late": "older than what their window holds"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis. `advice` is empty where there is nothing to do."""

    level: Literal["ok", "note", "wrong"]
    what: str
    advice: str = ""


@click.command("doctor")
@options.api
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(api_url: str, as_json: bool) -> int:
    """Say what arrives, from whom, which fields are missing and why, and what to do next.

    Exit code 1 if something is wrong.
    """
    findings = list(_examine(Client(api_url)))
    wrong = any(finding.level == "wrong" for finding in findings)
    if as_json:
        options.print_json({"ok": not wrong, "findings": [asdict(finding) for finding in findings]})
        return int(wrong)
    out = terminal.console()
    for finding in findings:
        mark, style = _MARKS[finding.level]
        terminal.item(out, Text(f"{mark} ", style=style), Text(finding.what))
        if finding.advice:
            terminal.item(out, Text("  → "), Text(finding.advice, style="dim" if finding.level == "note" else ""))
    return int(wrong)


def _examine(client: Client) -> Iterator[Finding]:
    try:
        intake = client.get("/v1/intake")
        drift = client.get("/v1/drift")["drift"]
    except ApiError as error:
        if error.refused:
            raise
        yield Finding("wrong", str(error))
        return
    yield Finding("ok", f"the API answers at {client.url} (version {intake['version']})")
    yield from _listeners(intake["listeners"])
    yield from _arrival(intake)
    yield from _refused(intake)
    yield from _coverage(intake)
    yield from _bounds(intake)
    yield from _drifting(drift)


def _listeners(listeners: dict[str, str]) -> Iterator[Finding]:
    for name, address in listeners.items():
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((_reachable(host), int(port)), timeout=_CONNECT_S).close()
        except OSError as error:
            yield Finding("wrong", f"{name} does not answer at {address} ({error.strerror or error})", "look into the processor's log")
        else:
            yield Finding("ok", f"{name} listens on {address}")


def _reachable(host: str) -> str:
    """Where to knock for an address that a server is bound to."""
    return {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104 - read, not bound


def _arrival(intake: dict[str, Any]) -> Iterator[Finding]:
    spans = intake["spans"]
    grpc, http = (intake["listeners"].get(name) for name in ("otlp_grpc", "otlp_http"))
    where = f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{http or '127.0.0.1:4318'}" + (f" (gRPC: http://{grpc})" if grpc else "")
    if not sum(spans.values()):
        yield Finding("wrong", "no span has arrived", f"send to {where}; is a Collector between, its log says what it cannot deliver")
        return
    calls = sum(intake["calls"].values())
    readable = sum(spans.values()) - spans.get("rejected", 0)
    if not calls and readable:
        yield Finding(
            "wrong",
            f"{readable} spans arrived, none of them an LLM call",
            f"an LLM call is a span with {attributes.OPERATION_NAME} chat, generate_content or text_completion:"
            " wrap calls with @observe_llm, or use an OpenTelemetry GenAI instrumentation",
        )
    if calls:
        latest = ", ".join(f"{backend} {terminal.ago(at, intake['time'])}" for backend, at in sorted(intake["last_span"].items()))
        yield Finding("ok", f"{calls} LLM calls taken; the latest: {latest}")
    if spans.get("ignored"):
        yield Finding(
            "note",
            f"{spans['ignored']} spans ignored: no LLM, tool or agent span",
            "nothing to do; a Collector filter would save their way",
        )
    for result, reason in _REASONS.items():
        if spans.get(result):
            yield Finding("note", f"{spans[result]} spans {result}: {reason}")


def _refused(intake: dict[str, Any]) -> Iterator[Finding]:
    if intake["rejected"]:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(intake["rejected"].items()))
        yield Finding(
            "wrong", f"{sum(intake['rejected'].values())} spans rejected as bad input: {reasons}", "mend or update what makes these spans"
        )
    if intake["dropped_fields"]:
        fields = ", ".join(f"{field} {count}" for field, count in sorted(intake["dropped_fields"].items()))
        yield Finding("note", f"values left out because they are no valid number: {fields}", "mend or update what makes these spans")
    if intake["clamped"]:
        yield Finding(
            "note", f"{intake['clamped']} spans came from the future; their time was set to their arrival", "set the sender's clock (NTP)"
        )


def _coverage(intake: dict[str, Any]) -> Iterator[Finding]:
    for dialect, fields in sorted(intake["coverage"].items()):
        calls = intake["calls"].get(dialect, 0)
        if not calls:
            continue
        known = {field: share for field, share in fields.items() if field in _FIELDS}
        few = [field for field, share in known.items() if share < (_FEW_STREAMED if field == "time_to_first_chunk" else _FEW)]
        carried = ", ".join(f"{field} {terminal.share(share, 1)}" for field, share in known.items() if field not in few)
        yield Finding("ok", f"{calls} calls in dialect {dialect} carry {carried or 'none of the fields we look for'}")
        for field, share in known.items():
            if field in few:
                lost, advice = _FIELDS[field]
                yield Finding("note", f"{field} is on {terminal.share(share, 1)} of them: {lost}", advice)


def _bounds(intake: dict[str, Any]) -> Iterator[Finding]:
    for label, count in sorted(intake["overflow"].items()):
        setting = _BOUNDS.get(label, f"limits.{label}s")
        yield Finding(
            "wrong", f"{count} responses count as __other__: their {label} is over the bound", f"raise {setting}, or send fewer names"
        )


def _drifting(drift: list[Any]) -> Iterator[Finding]:
    for verdict in drift:
        if verdict["severity"] != "none":
            key = "/".join(part for part in (verdict["backend"], verdict["model"], verdict["task"]) if part is not None)
            advice = f"`otel-quality recommend --task {verdict['task']}` says what to use instead"
            yield Finding("note", f"{key} drifts ({verdict['severity']}): {verdict['reason']}", advice)

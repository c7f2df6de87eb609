"""How the demo looks: the live view of a story, the same as plain lines, and what to do next.

From a story to things that rich can print; prints nothing, asks nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from otel_quality import terminal
from otel_quality.demo.agent import NAME, TOOL
from otel_quality.demo.backends import DRIFTING_TASK
from otel_quality.demo.sessions import AgentStory
from otel_quality.demo.watch import Event, Story

_SHOWN_EVENTS: Final = 7
_SHOWN_SUGGESTIONS: Final = 2
"""The last ones name the tool and the error."""
_PROGRESS_CELLS: Final = 12
_WIDEST: Final = 100
"""Columns beyond which lines of prose are hard to read."""
_ROUTINE: Final = {"stage": ("•", "cyan"), "grade": ("▼", "red"), "prediction": ("?", "yellow"), "suggestion": ("→", "green")}

NEXT_CODE: Final = """\
  import otel_quality as oq

  oq.configure()  # OTLP to http://127.0.0.1:4318

  @oq.observe_llm(backend="anthropic", model="claude-sonnet-4-5", task="code")
  def answer(prompt): ...
"""


def live(story: Story, total_s: float) -> RenderableType:
    """The whole picture at one moment; fits 80 columns and 24 lines."""
    happened = _happened(story.events[-_SHOWN_EVENTS:])
    return Group(_head(story, total_s), Text(), _ranking(story), Text(), _at_work(story.agent), Text(), *happened)


def _head(story: Story, total_s: float) -> RenderableType:
    cells = int(min(1.0, story.at_s / total_s) * _PROGRESS_CELLS + 0.5)
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_row(
        Text.assemble(("otel_quality demo", "bold"), ("  simulated backends, real SDK, real OTLP", "dim")),
        Text.assemble(
            ("━" * cells, "cyan"),
            ("━" * (_PROGRESS_CELLS - cells), "bright_black"),
            (f" {min(story.at_s, total_s):.0f}/{total_s:.0f} s", "dim"),
        ),
    )
    return grid


def _ranking(story: Story) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column, justify in (
        (f"for {DRIFTING_TASK}", "left"),
        ("score", "right"),
        ("▒ 95 % interval", "left"),
        ("", "left"),
        ("latency", "right"),
        ("drift", "left"),
    ):
        table.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    if not story.ranking:
        table.add_row(Text("waiting for the first answers …", style="dim"))
    for place in story.ranking:
        state, (low, high) = story.state_of(place["backend"]), place["interval"]
        table.add_row(
            Text(f"{place['rank']} {place['backend']}", style="bold"),
            f"{place['score']:.1f}",
            _bar(low, high, terminal.score_style(place["score"])),
            Text(f"{low:.0f}–{high:.0f}", style="dim"),
            terminal.duration(story.cards.get(place["backend"], {}).get("mean_latency_ms", 0)),
            Text(f"{terminal.STATE_MARKS[state]} {state}", style=terminal.STATE_STYLES[state]),
        )
    return table


def _at_work(agent: AgentStory) -> RenderableType:
    """The agent in one line."""
    if not agent.now.sessions:
        return Text(f"agent {NAME}: no session has ended yet", style="dim")
    completed = Text(f"{agent.now.completed:.0%}", style=terminal.score_style(100 * agent.now.completed))
    rest = f" of its sessions completed, efficiency {agent.now.efficiency:.1f}, quality {agent.now.quality:.1f} of 5"
    return Text.assemble((f"agent {NAME}: ", "bold"), completed, (rest, "dim"), no_wrap=True)


def _bar(low: float, high: float, style: str) -> Text:
    bar = terminal.interval_bar(low, high)
    return Text.assemble((bar.rstrip("░"), style), ("░" * bar.count("░"), "bright_black"))


def _happened(events: Sequence[Event]) -> Iterable[RenderableType]:
    """The events, and the reason of the latest verdict."""
    latest = next((event for event in reversed(events) if event.verdict and event.verdict["reason"]), None)
    yield Text("What happened", style="dim")
    for event in events:
        mark, style = _ROUTINE.get(event.kind) or (terminal.STATE_MARKS[event.kind], terminal.STATE_STYLES[event.kind])
        yield _Narrow(terminal.hanging(Text(f"{event.at_s:>4.0f} s ", style="dim"), Text(f"{mark} {event.what}", style=style)))
        if event is latest and event.verdict:
            yield _Narrow(terminal.hanging(Text(" " * 9), Text(event.verdict["reason"], style="dim")))


def agent(story: AgentStory) -> RenderableType:
    """What became of the agent: its grades, what is foretold and what is suggested."""
    if not story.now.sessions:
        return Text(f"Agent {NAME} ended no sessions in this time; try a longer --seconds.", style="yellow")
    before = f"; before it was {story.best.completed:.0%}" if story.fallen else ""
    grades = f": of its last {story.now.sessions} sessions {story.now.completed:.0%} completed{before}."
    said = [
        Text.assemble((f"Agent {NAME}", "bold"), grades),
        Text(f'oq.predict_success("{TOOL}", agent="{NAME}"): {story.probability:.0%}, {story.reason}'),
        *(Text.assemble("Suggested: ", (each, "green")) for each in story.suggestions[-_SHOWN_SUGGESTIONS:]),
    ]
    return _Narrow(Group(*said))


def line(event: Event) -> str:
    """An event as one plain line."""
    reason = f": {event.verdict['reason']}" if event.verdict and event.verdict["reason"] else ""
    return f"{event.at_s:5.1f} s  {event.what}{reason}"


def standing(story: Story) -> list[str]:
    """The ranking as plain lines."""
    head = f"{story.at_s:5.1f} s  ranking for {DRIFTING_TASK}"
    lines = [
        f"         {place['rank']} {place['backend']:<11} {place['score']:6.2f} {terminal.bar(place['score'])}"
        f" ({place['interval'][0]:.0f}-{place['interval'][1]:.0f}, {place['samples']} samples) drift {story.state_of(place['backend'])}"
        for place in story.ranking
    ]
    at_work = [f"         agent {NAME}: {story.agent.now}"] if story.agent.now.sessions else []
    return [head, *lines, *at_work]


def alert(story: Story) -> RenderableType:
    """The alert as its receiver would read it."""
    sent = story.alert()
    if sent is None:
        return Text("No severe verdict in this time; try a longer --seconds.", style="yellow")
    labels = "  ".join(f"{name}={value}" for name, value in sent["labels"].items())
    body = Text.assemble((sent["summary"], "bold"), "\n", sent["description"], "\n", (labels, "dim"))
    title = Text(f"{sent['alertname']}, as Alertmanager would send it", style="bold red")
    return _Narrow(Panel(body, title=title, title_align="left", border_style="red"))


def advice(story: Story) -> RenderableType:
    """What the ranking says now, in a sentence."""
    sent, best = story.alert(), next((place for place in story.ranking if story.state_of(place["backend"]) in {"stable", "learning"}), None)
    if sent is None or best is None:
        return Text()
    return Text.assemble(f"For {DRIFTING_TASK}, use ", (best["backend"], "bold green"), " instead: best of those that do not drift.")


def following() -> RenderableType:
    """What to do next."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(style="dim")
    for command, what in (
        ("docker compose up", "dashboards, alerts and a Collector around it; Grafana on http://127.0.0.1:3000"),
        ("otel-quality serve", "the processor alone, with a page at http://127.0.0.1:9465/"),
        ("otel-quality doctor", "what arrives at it, and what to do; `otel-quality --help` lists everything else"),
    ):
        table.add_row(command, what)
    return Group(Text("Next", style="dim"), table, Text(), Text("Wrap your own calls", style="dim"), Text(NEXT_CODE.rstrip()))


def left_running(addresses: dict[str, str], pid: int, folder: str) -> list[str]:
    """Where a processor that was kept listens, how to ask it and how to stop it."""
    return [
        "The processor is left running.",
        *(f"  {name:<9}  {address}" for name, address in addresses.items()),
        f"  look at it http://{addresses['api']}/",
        f"  ask it     otel-quality scores --api http://{addresses['api']}",
        f"  stop it    kill {pid}",
        f"  its log    {folder}/log",
    ]


class _Narrow:
    """Something no wider than prose should be."""

    def __init__(self, inside: RenderableType) -> None:
        self._inside = inside

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._inside, options.update(width=min(_WIDEST, options.max_width)))


def document(story: Story, seconds: float) -> dict[str, Any]:
    """The outcome as one JSON document."""
    timeline = [
        {"at_s": round(event.at_s, 1), "kind": event.kind, "what": event.what, "reason": (event.verdict or {}).get("reason", "")}
        for event in story.events
    ]
    return {
        "simulated": True,
        "seconds": seconds,
        "responses": story.seen,
        "task": DRIFTING_TASK,
        "ranking": story.ranking,
        "drift": story.verdicts,
        "timeline": timeline,
        "alert": story.alert(),
        "agent": story.agent.document(),
    }

"""What a session was: everything that grading needs, frozen, without any text of it."""

from dataclasses import dataclass, field

from otel_quality.vocabulary.measures import GENERAL
from otel_quality.vocabulary.signs import Features


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool execution of a session.

    Attributes:
        end_ns: event time; a position where a source has no times.
        latency_ns: -1 where unknown.
        error: a category of `vocabulary.signs.ERROR_CATEGORIES`; empty where it did not fail.
    """

    tool: str
    params_hash: str = ""
    end_ns: int = 0
    latency_ns: int = -1
    error: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session.

    Attributes:
        id: the conversation's id, or the trace's in hex.
        platform: the service it ran in.
        agents, models, backends: distinct, in order of first appearance.
        task: `otel_quality.task` of most of its calls; task_type: one of the eleven types.
        group: what calibration compares it with (source and domain, or task type and agent).
        start_ns, end_ns: event time; 0 where a source has no times.
        api_calls: LLM calls, or assistant messages.
        messages: of a message list, as feedback counts them from 0; 0 where unknown.
        failed_api_calls: those of them that failed.
        tool_uses: in event order; at most as many as the bound, the latest ones.
        tool_calls, tool_errors: all of them, also over the bound.
        error_types: categories of the failed tool uses and API calls with their counts, most frequent first; failing_tools likewise.
        error_run: the longest run of failed tool uses.
        recovered: a tool use succeeded after the last failed one.
        input_tokens, output_tokens: totals of what was told; cost_usd likewise.
        final: features of the last answer; None where nothing tells them.
        clarification: an answer asked the user for clarification.
        ended: a span or the source said that it is over, not idleness; false again where more came after that.
        success: the outcome that somebody told; None where nobody did.
        revision: how often it was closed before.
        traits: further numbers by name that calibration learns from (`core.sessions.traits`); what is not told is not there.
        clues: hashes that tell which group a session without one is like.
        absorbs: ids of sessions that were given before and turned out to be parts of this one.
        sketch: how often words of each of 2,048 hash classes occur, a hex digit each (`core.sessions.traits`); empty: no text.
    """

    id: str
    platform: str = ""
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    task: str = ""
    task_type: str = "general"
    group: str = ""
    start_ns: int = 0
    end_ns: int = 0
    api_calls: int = 0
    failed_api_calls: int = 0
    tool_uses: tuple[ToolUse, ...] = ()
    tool_calls: int = 0
    tool_errors: int = 0
    error_types: tuple[tuple[str, int], ...] = ()
    failing_tools: tuple[tuple[str, int], ...] = ()
    error_run: int = 0
    recovered: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    final: Features | None = None
    clarification: bool = False
    ended: bool = False
    success: bool | None = None
    revision: int = 0
    traits: tuple[tuple[str, float], ...] = ()
    clues: frozenset[int] = frozenset()
    sketch: str = ""
    absorbs: tuple[str, ...] = ()
    messages: int = 0

    @property
    def work(self) -> str:
        """What its tool executions are kept under: the task that was told, else the type that was inferred."""
        return self.task if self.task not in ("", GENERAL) else self.task_type


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that counted in a grade: what, its value as seen, and its weight (positive speaks for completion or quality)."""

    name: str
    value: str
    weight: float


@dataclass(frozen=True, slots=True)
class Grade:
    """What the rules say about a session.

    Attributes:
        task_completed: more signs for completion than against.
        tool_calls_efficient: 1-5.
        response_quality: 1.0-5.0.
        errors_recovered: there were errors, and the last tool use succeeded.
        total_api_calls, total_errors: counts.
        error_types: categories seen, most frequent first; tools_with_errors likewise.
        repeated_errors: a run of 3 or more.
        loop_risk: a run of 5 or more, or more than 50 calls.
        clarification: the user was asked.
        summary: one line for people.
        signs: everything that counted, by dimension (completion, efficiency, quality).
        p_completed: probability of completion from calibration; None where it is not calibrated.
    """

    task_completed: bool
    tool_calls_efficient: int
    response_quality: float
    errors_recovered: bool
    total_api_calls: int
    total_errors: int
    error_types: tuple[str, ...] = ()
    tools_with_errors: tuple[str, ...] = ()
    repeated_errors: bool = False
    loop_risk: bool = False
    clarification: bool = False
    summary: str = ""
    signs: dict[str, tuple[Sign, ...]] = field(default_factory=dict)
    p_completed: float | None = None

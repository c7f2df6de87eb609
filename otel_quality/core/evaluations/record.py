"""Feedback, evaluations and runs of a judge, frozen. Instants are nanoseconds since the Unix epoch, scores 0-100, money US dollars."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from otel_quality.vocabulary.axes import Axis, ItemState, RunState, Scope

Scores = Mapping[Axis, float | None]
"""One value per axis; None where the axis does not apply."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one person says about one message of a session; known by (session, message_index, author).

    Attributes:
        message_index: of the message in its session, from 0.
        rating: +1 or -1; 0 takes it back.
        author: empty where nobody is named.
        source: "api", "sdk", "page", "spans".
    """

    session: str
    message_index: int
    rating: int
    time_ns: int
    author: str = ""
    comment: str = ""
    source: str = "api"


@dataclass(frozen=True, slots=True)
class Annotation:
    """An evaluation that somebody else's telemetry brought; known by (session, trace_id, span_id, response_id, name, author).

    Attributes:
        session: the conversation it tells, else the trace's id in hex.
        trace_id, span_id: in hex, of what was evaluated; empty where not told.
        name: of the metric, such as "relevance"; value, label: what came of it; None and empty where not told.
        author: who or what evaluated, such as "human" or "llm".
    """

    session: str
    name: str
    time_ns: int
    value: float | None = None
    label: str = ""
    explanation: str = ""
    author: str = ""
    trace_id: str = ""
    span_id: str = ""
    response_id: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls to a judge took; cost_usd is 0 where no price is configured."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one expert of the panel says; refused where the backend declined to judge (then no score is told)."""

    expert: str
    scores: Scores
    comment: str = ""
    refused: bool = False
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Versions:
    """What judged: an evaluation is stale where either differs from the present one, or where the session has gone on since.

    Attributes:
        judge: of the judge: its protocol and model.
        rubric: of the rubric and its panel, with a digest of their text.
    """

    judge: str
    rubric: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run came to for one session.

    Attributes:
        run: the run's id.
        backend, model: of the judge that scored.
        scores: mean over the experts that told the axis; None where none did.
        experts: what each said.
        masked: how many secrets and personal data were masked in what the judge saw, by kind.
        anchor: it is a reference session that watches the judge itself; it is in no overview and no statistics.
        digest: of the text that was judged (`core.sessions.transcript.digest`); empty where that is not known, and for an anchor.
        outdated: the session says something else by now; the store knows, and nobody tells it.
    """

    run: str
    session: str
    time_ns: int
    versions: Versions
    backend: str
    model: str
    scores: Scores
    experts: tuple[Assessment, ...]
    masked: Mapping[str, int] = field(default_factory=dict)
    anchor: bool = False
    digest: str = ""
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A run as somebody asks for it.

    Attributes:
        session: which one, where the scope is "session".
        since_ns: sessions active since; 0 is all.
        limit: sessions at most; 1-10000.
        backend, model: of the judge; empty is the configured first one.
    """

    scope: Scope = "unevaluated"
    session: str = ""
    since_ns: int = 0
    limit: int = 100
    backend: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands.

    Attributes:
        ended_ns: 0 while it runs.
        counts: items by state, anchors left out.
        error: why it failed, in one line.
        note: what else is to be said, such as a budget that ended it early.
    """

    id: str
    wish: Wish
    versions: Versions
    state: RunState
    created_ns: int
    ended_ns: int = 0
    counts: Mapping[ItemState, int] = field(default_factory=dict)
    spent: Spent = Spent()
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take, told before it starts.

    Attributes:
        sessions: how many it would judge; anchors: reference sessions on top of them.
        spent: calls, tokens and money at most, with one answer per expert and session.
        note: what would end it early, such as a budget; empty where nothing would.
        left_tokens, left_usd: what the budgets of a run and of the day leave it, the smaller of both; None where unbounded.
    """

    wish: Wish
    versions: Versions
    sessions: int
    anchors: int
    spent: Spent
    note: str = ""
    left_tokens: int | None = None
    left_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One session of a run; mean is over the axes that apply."""

    session: str
    state: ItemState = "pending"
    error: str = ""
    mean: float | None = None
    anchor: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of a transcript, masked unless masking is off.

    Attributes:
        role: who speaks; "call" is a tool call (name: the tool, text: its arguments), "result" what came of it.
        message: index of the message it is of, as feedback counts them.
    """

    role: str
    text: str
    name: str = ""
    message: int = 0


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a session said, in order; kept only where somebody chose to.

    Attributes:
        masked: how many secrets and personal data were masked, by kind.
        cut: characters left out because of a bound.
    """

    lines: tuple[Line, ...]
    masked: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0

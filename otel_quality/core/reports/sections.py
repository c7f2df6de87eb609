"""What executions teach, as sections of a page: one function per kind of line."""

from collections.abc import Sequence

from otel_quality.core.reports import lines
from otel_quality.core.reports.document import Column, Section, Table
from otel_quality.core.reports.words import UNKNOWN, counted, milliseconds, minute, number, percent

_NOBODY = "(none)"
"""An agent or model that the spans do not name."""


def tools(found: Sequence[lines.Tool]) -> Section:
    rows = tuple(
        (each.tool, *_outcomes(each.outcomes), f"{each.optimal_agent} ({percent(each.confidence)})" if each.optimal_agent else UNKNOWN)
        for each in found
    )
    return _section("Tools", (Column("tool", wide=True), *_OUTCOMES, Column("best agent", wide=True)), rows)


def patterns(found: Sequence[lines.Pattern], *, most: int = 20) -> Section:
    """The first so many, and how many more there are."""
    by_parameters = any(each.params_hash is not None for each in found)
    columns = (
        Column("tool", wide=True),
        *((Column("parameters"),) if by_parameters else ()),
        Column("agent", wide=True),
        Column("model", wide=True),
        *_SHORT,
        Column("latency", number=True),
        Column("last used"),
    )
    rows = tuple(
        (
            each.tool,
            *((each.params_hash or UNKNOWN,) if by_parameters else ()),
            each.agent or UNKNOWN,
            each.model or UNKNOWN,
            *_short(each.outcomes),
            milliseconds(each.mean_latency_ms),
            each.last_used[:10],
        )
        for each in found[:most]
    )
    title = "Patterns by parameters" if by_parameters else "Patterns"
    return _section(title, columns, rows, f"The {most} most used of {len(found)}." if len(found) > most else "")


def agents(found: Sequence[lines.Agent]) -> Section:
    columns = (
        Column("agent", wide=True),
        *_SHORT,
        Column("latency", number=True),
        Column("confidence", number=True),
        Column("3 days", number=True),
        Column("trend"),
        Column("foretold", number=True),
    )
    rows = tuple(
        (
            each.agent or _NOBODY,
            *_short(each.outcomes),
            milliseconds(each.mean_latency_ms),
            number(each.mean_confidence),
            *_velocity(each.velocity),
            percent(each.prediction_accuracy) if each.predictions else UNKNOWN,
        )
        for each in found
    )
    notes = (
        "3 days: points of success rate against the 3 days before." if any(each.velocity.known for each in found) else "",
        "Foretold: predictions of 7 days that came true." if any(each.predictions for each in found) else "",
    )
    return _section("Agents", columns, rows, " ".join(filter(None, notes)))


def models(found: Sequence[lines.Model]) -> Section:
    names = ("latency", "tokens", "$/call")
    columns = (Column("task type"), Column("model", wide=True), *_SHORT, *(Column(name, number=True) for name in names), Column(""))
    rows = tuple(
        (
            each.task_type,
            each.model or UNKNOWN,
            *_short(each.outcomes),
            milliseconds(each.mean_latency_ms),
            number(each.mean_tokens, 0),
            number(each.cost_per_call_usd, 4),
            "best" if each.best else "",
        )
        for each in found
    )
    return _section("Models", columns, rows, "Best: highest success rate, then lowest latency, from 5 executions on.")


def effects(found: Sequence[lines.Effect], title: str = "Times that stand out") -> Section:
    rows = tuple((each.when, *_outcomes(each.outcomes), "stands out" if each.stands_out else "") for each in found)
    return _section(title, (Column("UTC"), *_OUTCOMES, Column("")), rows, none="No hour and no weekday is clearly unlike the rest.")


def predictions(found: Sequence[lines.Prediction]) -> Section:
    columns = (Column("when"), Column("tool", wide=True), Column("agent", wide=True), Column("said", number=True), Column("happened"))
    happened = {True: "success", False: "failure", None: "not yet"}
    rows = tuple((minute(each.time), each.tool, each.agent or _NOBODY, percent(each.probability), happened[each.success]) for each in found)
    return _section(
        "Predictions", (*columns, Column("why", wide=True)), tuple((*row, each.reason) for row, each in zip(rows, found, strict=True))
    )


def accuracy(did: lines.Accuracy) -> Section:
    title = "Predictions of 7 days"
    if not did.matched:
        return Section(title, note="None was matched with what happened; accuracy is 0.5 until then.")
    columns = (Column("said"), *(Column(name, number=True) for name in ("predictions", "mean", "happened", "95 %")))
    rows = tuple(
        (
            f"{100 * each.low:.0f}-{100 * each.high:.0f} %",
            str(each.samples),
            percent(each.mean_probability),
            percent(each.success_rate),
            _interval(each.interval),
        )
        for each in did.calibration
    )
    note = (
        f"{counted(did.matched, 'prediction')} matched, {percent(did.accuracy)} came true, Brier score {number(did.brier, 3)} (0 is best)."
    )
    return Section(title, note=note, table=Table(columns, rows))


def adaptations(found: Sequence[lines.Adaptation]) -> Section:
    items = tuple(
        f"{minute(each.time)} {each.policy}: {each.old:g} -> {each.new:g}. {each.reason} ({each.trigger}). Expected: {each.expected}."
        for each in found
    )
    return Section("Adaptations", items=items, note="" if items else "No rule has changed a policy.")


def policies(found: Sequence[lines.Policy]) -> Section:
    rows = tuple((each.name, f"{each.value:g}", minute(each.updated)) for each in found)
    return _section(
        "Policies", (Column("policy", wide=True), Column("value", number=True), Column("since")), rows, none="No policy was set."
    )


_OUTCOMES = tuple(Column(name, number=True) for name in ("calls", "failures", "success", "95 %"))
_SHORT = tuple(Column(name, number=True) for name in ("calls", "success"))


def _outcomes(of: lines.Outcomes) -> tuple[str, ...]:
    return str(of.samples), str(of.failures), percent(of.success_rate), _interval(of.interval)


def _short(of: lines.Outcomes) -> tuple[str, ...]:
    return str(of.samples), percent(of.success_rate)


def _velocity(speed: lines.Velocity) -> tuple[str, str]:
    return (f"{100 * speed.change:+.0f}", speed.trend) if speed.known else (UNKNOWN, UNKNOWN)


def _interval(interval: tuple[float, float]) -> str:
    return "{:.0f}-{:.0f}".format(*(100 * end for end in interval))


def _section(
    title: str, columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], note: str = "", *, none: str = "None yet."
) -> Section:
    """A table without the columns in which nothing is known of anything."""
    if not rows:
        return Section(title, note=none)
    told = [index for index in range(len(columns)) if any(row[index] not in (UNKNOWN, "") for row in rows)]
    return Section(title, note, Table(tuple(columns[index] for index in told), tuple(tuple(row[index] for index in told) for row in rows)))

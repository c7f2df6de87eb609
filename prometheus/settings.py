"""Every threshold, duration and address of the generated files, with the shipped value as default.

Names in `_s` are seconds and become options that take `90s`, `2m` or `1h30m`; the others become options of their own type.
Reads no environment and no file: `python -m prometheus` fills it from its command line, tests fill it directly.
"""

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any, Final, Self

UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")


def option(default: Any, what: str) -> Any:
    """A field with its line of help."""
    return field(default=default, metadata={"help": what})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the generator obeys.

    Raises:
        ValueError: a value is out of its range; the message names every one.
    """

    drift_for_s: float = option(120, "severe drift must last this long before it pages")
    drift_keep_s: float = option(600, "and pages on for this long after it was last seen")
    mild_for_s: float = option(900, "mild drift must last this long before it is told")
    score_floor: float = option(0.6, "a score below this is low, 0-1")
    score_min_samples: int = option(20, "responses in the window under which a score raises no alert")
    score_for_s: float = option(600, "a low score must last this long")
    error_ratio: float = option(0.25, "a share of errors and timeouts above this is high, 0-1")
    error_min_requests: int = option(20, "requests in the window under which that share raises no alert")
    error_window_s: float = option(600, "window of that share")
    error_for_s: float = option(60, "a high share must last this long")
    session_window_s: float = option(6 * 3600, "window of the share of sessions that are completed")
    session_min: int = option(10, "sessions in that window under which grades raise no alert")
    past_s: float = option(86400, "length of the time that a share of sessions or tool calls is compared with")
    past_ago_s: float = option(86400, "which ended so long ago; what has been bad for longer counts as usual")
    rise_errors: float = option(3, "standard errors by which a share must be worse than before, so that chance raises no alert")
    completion_fall: float = option(0.15, "a fall of the completed share by more than this is told, 0-1")
    completion_for_s: float = option(600, "such a fall must last this long")
    grades_for_s: float = option(600, "grades that got worse must have been so this long")
    loop_ratio: float = option(0.25, "a share of sessions at risk of a loop above this is high, 0-1")
    loop_for_s: float = option(600, "a high share must last this long")
    tool_error_ratio: float = option(0.5, "a share of failed executions of a tool above this is high, 0-1")
    tool_min_calls: int = option(10, "executions in the window under which that share raises no alert")
    tool_window_s: float = option(600, "window of that share")
    tool_for_s: float = option(60, "a high share must last this long")
    accuracy_floor: float = option(0.6, "a share of right predictions below this is low, 0-1")
    accuracy_min_samples: int = option(20, "matched predictions under which that share raises no alert")
    accuracy_for_s: float = option(1800, "a low share must last this long")
    evaluation_fall: float = option(0.1, "a fall of the mean goal completion that judges see by more than this is told, 0-1")
    evaluation_errors: float = option(2, "and by so many standard errors, counted with the widest spread that scores of this mean can have")
    evaluation_min_sessions: int = option(30, "judged sessions of 7 days under which their mean raises no alert")
    evaluation_ago_s: float = option(7 * 86400, "the mean of 7 days is compared with what it was so long ago")
    evaluation_for_s: float = option(3600, "such a fall must last this long")
    judge_agreement: float = option(0.7, "a judge agrees too rarely where even the upper end of the interval is below this, 0-1")
    judge_min_samples: int = option(20, "sessions of which somebody knows how they went, under which agreement raises no alert")
    judge_for_s: float = option(1800, "too little agreement, or a shift of the judge, must last this long")
    judge_shift: float = option(0.05, "a judge may shift by so much, as a share of its scale, and still be called steady")
    judge_shift_told_s: float = option(7 * 86400, "a shift of the judge is told for this long; then it is what is usual")
    run_failed_s: float = option(3600, "a failed run of a judge is told for this long")
    agents_keep_s: float = option(600, "alerts on sessions, tools, predictions and judges fire on for this long after they last held")
    no_spans_min_requests: int = option(0, "requests in a day that make a backend's silence an alert; 0 writes no such alert")
    no_spans_after_s: float = option(1800, "silence of a backend that is an alert")
    down_for_s: float = option(120, "a processor or Collector must be down this long")
    recent_s: float = option(600, "rejected spans and overflowing labels are told for this long")
    scrape_interval_s: float = option(15, "Prometheus scrapes and evaluates this often; Grafana's data source must say the same")
    group_wait_s: float = option(30, "Alertmanager waits this long for more of a group before the first notification")
    group_interval_s: float = option(300, "and this long before it tells of a change in the group")
    page_repeat_s: float = option(4 * 3600, "a page that goes on is sent again after this")
    repeat_s: float = option(12 * 3600, "any other alert that goes on is sent again after this")
    runbook_url: str = option("https://github.com/otel-quality/otel-quality/blob/main/docs/runbooks.md", "where docs/runbooks.md is read")
    grafana_url: str = option("http://localhost:3000", "Grafana as the reader of an alert reaches it")
    watchdog_repeat_s: float = option(300, "the Watchdog is sent this often")
    webhook_url: str = option("", "where Alertmanager posts pages and warnings; empty sends nothing")
    watchdog_url: str = option("", "where Alertmanager posts the Watchdog, a service that complains when it stops; empty sends nothing")
    processor: str = option("processor:9464", "HOST:PORT of the processor's /metrics")
    collector: str = option(
        "collector:8888", "HOST:PORT of the Collector's own /metrics; empty: there is none, so nothing is scraped and no alert written"
    )
    alertmanager: str = option("alertmanager:9093", "HOST:PORT of Alertmanager")

    def __post_init__(self) -> None:
        value = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        ratios = (
            *("score_floor", "error_ratio", "completion_fall", "loop_ratio", "tool_error_ratio", "accuracy_floor"),
            *("evaluation_fall", "judge_agreement", "judge_shift"),
        )
        counts = [name for name in value if "_min_" in name or name in ("session_min", "rise_errors", "evaluation_errors")]
        problems = [f"{name} must be between 0 and 1, not {value[name]:g}" for name in ratios if not 0 <= value[name] <= 1]
        problems += [f"{name} must not be negative" for name in counts if value[name] < 0]
        problems += [f"{name} must be 1 ms or more" for name in self.durations() if value[name] < 0.001]
        if problems:
            raise ValueError("\n".join(problems))

    @classmethod
    def durations(cls) -> list[str]:
        """Names of the fields that are seconds."""
        return [each.name for each in dataclasses.fields(cls) if each.name.endswith("_s")]

    def scaled(self, factor: float) -> Self:
        """The same with every duration multiplied, so that a test of two minutes passes in two seconds.

        >>> Settings().scaled(1 / 60).drift_for_s
        2.0
        """
        return dataclasses.replace(self, **{name: getattr(self, name) * factor for name in self.durations()})


def duration(seconds: float) -> str:
    """Seconds as Prometheus writes a duration.

    >>> duration(600), duration(5400), duration(0.25), duration(86400)
    ('10m', '1h30m', '250ms', '1d')
    """
    rest = round(seconds * 1000)
    words = []
    for unit, size in UNITS_MS.items():
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"


def seconds(text: str) -> float:
    """The inverse of `duration`.

    >>> seconds("1h30m"), seconds("250ms")
    (5400.0, 0.25)

    Raises:
        ValueError: it is no such duration.
    """
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is no duration: write it as 90s, 2m or 1h30m")
    return sum(int(count or 0) * size for count, size in zip(match.groups(), UNITS_MS.values(), strict=True)) / 1000

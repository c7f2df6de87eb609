"""PromQL from the metric table: selectors that obey the dashboards' variables, rates, shares, quantiles.

Writes text only. Names of metrics and labels come from the table, never from a literal.

Decision: a variable stands in a query as =~`${name:regex}`, in backticks. The `regex` format escapes with one backslash
(`gpt-4\\.1`), which a quoted PromQL string refuses as an unknown escape and a raw one takes as it is. `All` has the custom
value `.+`, which Grafana inserts unformatted. A value with a backtick could end the string: variables offer none (`shell`).
"""

import re
from typing import Final

from otel_quality.vocabulary import metrics
from otel_quality.vocabulary.measures import ALL
from otel_quality.vocabulary.metrics import Metric
from otel_quality.vocabulary.outcomes import SCORED, Outcome
from prometheus import expressions

KEY: Final = ("backend", "model", "task")
"""What windows belong to: labels, and the dashboards' variables of the same names."""
WINDOW: Final = "$__rate_interval"

AGENTS: Final = ("agent", "tool")
"""The variables of the board about tools and agents."""
KIND: Final = "kind"
"""The variable of the board about sessions: their task type. Not `task`, so that a link does not carry the tasks of LLM calls there."""
JUDGE: Final = "judge"
"""The variable of the board about judged quality: the backend that judges, likewise."""
OF_JUDGES: Final = 'task="judge"'
"""Matcher of judges' own calls."""

_SESSIONS: Final = frozenset({metrics.SESSIONS, metrics.SESSION_GRADE, metrics.SESSION_STATE})
_DRIFT: Final = frozenset(metric for metric in metrics.METRICS if metric.name.startswith("llmq_drift"))
_WHOLE: Final = {"model": (ALL,), "task": (ALL,)}
"""What a drift key carries that is a backend as a whole: it is shown whichever model and task are chosen."""
_BY_NAME: Final = {metric.name: metric for metric in metrics.METRICS}


def chosen(label: str, *also: str, variable: str = "") -> str:
    """Matcher of what the dashboard's variable of this label (or of another name) has selected, or of one of the words `also`."""
    return f"{label}=~`{'|'.join((f'${{{variable or label}:regex}}', *also))}`"


def variables_of(metric: Metric) -> dict[str, str]:
    """Label to variable, for the metric's labels that have one."""
    if metric in _SESSIONS:
        return {"task": KIND}
    return {label: label for label in (*KEY, *AGENTS) if label in metric.labels}


def select(metric: Metric, *matchers: str, suffix: str = "") -> str:
    """The metric's series under the dashboard's variables, as far as it carries their labels.

    Args:
        metric: from the table.
        matchers: further ones, such as `task="all"`; one for a variable's label takes the variable's place.
        suffix: `_bucket`, `_sum` or `_count` of a histogram.
    """
    taken = {re.split(r"[=!]", matcher)[0] for matcher in matchers}
    whole = _WHOLE if metric in _DRIFT else {}
    variables = [chosen(label, *whole.get(label, ()), variable=name) for label, name in variables_of(metric).items() if label not in taken]
    inside = ", ".join([*variables, *matchers])
    return f"{metric.name}{suffix}{{{inside}}}" if inside else f"{metric.name}{suffix}"


def total(series: str, *by: str) -> str:
    """Sum of series, split by labels."""
    return f"sum by ({', '.join(by)}) ({series})" if by else f"sum({series})"


def per_second(metric: Metric, *by: str, matchers: tuple[str, ...] = (), suffix: str = "") -> str:
    """Summed rate of a counter or of one part of a histogram, split by labels."""
    return total(f"rate({select(metric, *matchers, suffix=suffix)}[{WINDOW}])", *by)


def risen(metric: Metric, *matchers: str, window: str = WINDOW) -> str:
    """What each series of a counter rose by within the window, from 0 where it is new: for what happens rarely."""
    return expressions.risen(metric, window, select(metric, *matchers).removeprefix(metric.name))


def judging(metric: Metric) -> tuple[str, ...]:
    """Matchers of the judges' own calls under the board's variable; of a metric without tasks, those of backends that judge."""
    return (chosen("backend", variable=JUDGE), 'model=~".+"', *([OF_JUDGES] if "task" in metric.labels else []))


def of_judges(series: str) -> str:
    """Series of backends and models, as far as these judge."""
    return f"({series}) and on (backend, model) {select(metrics.SAMPLES, *judging(metrics.SAMPLES))}"


def quantile(q: float, histogram: Metric, *by: str) -> str:
    """A quantile of a histogram in its own unit, split by labels."""
    return f"histogram_quantile({q}, {per_second(histogram, *by, 'le', suffix='_bucket')})"


def mean(histogram: Metric, *by: str) -> str:
    """The mean of a histogram in its own unit, split by labels; no series without traffic."""
    return f"{per_second(histogram, *by, suffix='_sum')} / ({per_second(histogram, *by, suffix='_count')} > 0)"


def outcome_is(*outcomes: Outcome) -> str:
    """Matcher of the outcome label."""
    return f'outcome=~"{"|".join(outcome.label for outcome in outcomes)}"'


def error_ratio(*by: str) -> str:
    """Errors and timeouts over all calls that a score counts, 0-1; 0 without failures, no series without calls."""
    failed = per_second(metrics.REQUESTS, *by, matchers=(outcome_is(*expressions.FAILED),))
    scored = per_second(metrics.REQUESTS, *by, matchers=(outcome_is(*SCORED),))
    return f"({failed} or 0 * {scored}) / ({scored} > 0)"


def score_100(series: str) -> str:
    """A score as people and the API speak of it: 0-100."""
    return f"100 * {series}"


def by_samples(series: str, *by: str) -> str:
    """Mean of a per-key gauge, each key weighted by the responses in its window, split by labels."""
    weight = f"* on ({', '.join(KEY)}) group_left () {select(metrics.SAMPLES)}"
    return f"{total(f'{series} {weight}', *by)} / {total(f'({series} >= bool 0) {weight}', *by)}"


def names_in(expr: str) -> list[str]:
    """Metric names of an expression, in order of appearance, histograms by their family's name.

    >>> names_in("sum(rate(llmq_requests_total[5m])) / up")
    ['llmq_requests_total', 'up']
    """
    found = [_family(name) for name in re.findall(r"\b(llmq_\w+|ALERTS|up)\b", expr)]
    return list(dict.fromkeys(found))


def _family(name: str) -> str:
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if base in _BY_NAME and _BY_NAME[base].kind == "histogram" else name

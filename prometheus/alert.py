"""What an alert is: the record that rule file, Grafana twin, documentation and tests read."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert.

    Attributes:
        name: shared by rules that differ in severity only.
        severity: page wakes somebody, warning is work for the day, info is looked at, never sent.
        expr: PromQL; has a series for every alert.
        labels: what the alert carries beside its name and severity.
        board: uid of the dashboard to look at.
        for_s, keep_s: seconds it must hold before it fires, and fires on after it last held.
        summary, description: sentences; templates of Prometheus in which `$labels` and `$value` may stand.
        when: the condition in words, for the documentation.
    """

    name: str
    severity: Literal["page", "warning", "info"]
    expr: str
    labels: tuple[str, ...] = ()
    board: str = "llmq-overview"
    for_s: float = 0
    keep_s: float = 0
    summary: str
    description: str
    when: str

    @property
    def anchor(self) -> str:
        """The alert's section in the runbooks."""
        return self.name.lower()

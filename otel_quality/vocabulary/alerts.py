"""The words of the one alert that is shown in more than one place: by Alertmanager and by `otel-quality demo`.

A template names labels in braces. The rule generator fills in Prometheus' own `{{ $labels.x }}`, the demo the values
of a verdict, so the two cannot disagree.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Alert:
    """The text of one alert.

    Attributes:
        name: as Alertmanager shows it.
        labels: label names beside `severity`; the templates may use these and no others.
        summary: one sentence.
        description: what it means and what to look at first.
    """

    name: str
    labels: tuple[str, ...]
    summary: str
    description: str

    def filled(self, values: dict[str, str]) -> tuple[str, str]:
        """Summary and description with a value for each label.

        Raises:
            KeyError: a label has no value.

        >>> BACKEND_DRIFTING.filled({"backend": "groq", "model": "llama-4", "task": "code"})[0]
        'groq (llama-4) got worse at code.'
        """
        chosen = {label: values[label] for label in self.labels}
        return self.summary.format_map(chosen), self.description.format_map(chosen)


BACKEND_DRIFTING: Final = Alert(
    name="LLMQBackendDrifting",
    labels=("backend", "model", "task"),
    summary="{backend} ({model}) got worse at {task}.",
    description=(
        "The recent answers of {backend}, model {model}, on task {task} differ from what is healthy: the drift rules say so."
        " The Drift dashboard shows which signals fire and since when; `otel-quality recommend --task {task}` names what to use"
        " instead."
    ),
)

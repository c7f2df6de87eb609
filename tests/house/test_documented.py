"""What exists is documented, and what is documented exists: commands, settings, metrics, alerts."""

import re
from typing import Final

from otel_quality.config import SETTINGS
from otel_quality.vocabulary.metrics import METRICS
from prometheus.alerts import alerts
from prometheus.settings import Settings
from tests.house.pages import pages, read
from tools import reference

TEXT: Final = "\n".join(read(page) for page in pages())
ALERTS: Final = {alert.name for alert in alerts(Settings(no_spans_min_requests=1))}
"""Those that have to be asked for too."""
SAMPLES: Final = {"counter": ("",), "gauge": ("",), "histogram": ("", "_bucket", "_sum", "_count")}
OF_OTHERS: Final = frozenset({"OTEL_QUALITY_ENDPOINT", "OTEL_QUALITY_API_URL", "OTEL_QUALITY_API_TOKEN"})
"""Variables that the Collector's configuration, and the SDK and the commands, read."""


def test_the_reference_is_what_the_tables_say() -> None:
    assert reference.DOCUMENT.read_text() == reference.document(), "run `python -m tools.reference`"


def test_every_command_setting_and_metric_is_in_the_reference() -> None:
    page = reference.DOCUMENT.read_text()
    wanted = [f"`otel-quality {name}" for name, _ in reference.commands()]
    wanted += [f"`{setting.name}`" for setting in SETTINGS] + [f"`{metric.name}`" for metric in METRICS]
    assert [each for each in wanted if each not in page] == []


def test_every_alert_has_its_runbook() -> None:
    headings = set(re.findall(r"^#+ `?(LLMQ\w+)`?$", reference.DOCUMENT.with_name("runbooks.md").read_text(), re.MULTILINE))
    assert headings == ALERTS


def test_every_metric_that_a_page_names_exists() -> None:
    known = {metric.name + suffix for metric in METRICS for suffix in SAMPLES[metric.kind]}
    assert set(re.findall(r"\bllmq_\w*[a-z]\b(?!\*|_)", TEXT)) <= known


def test_every_alert_that_a_page_names_exists() -> None:
    assert set(re.findall(r"\bLLMQ[A-Z][a-z]\w+", TEXT)) <= ALERTS


def test_every_variable_that_a_page_names_exists() -> None:
    known = {setting.env for setting in SETTINGS} | OF_OTHERS
    assert set(re.findall(r"\bOTEL_QUALITY_[A-Z0-9_]+\b", TEXT)) <= known

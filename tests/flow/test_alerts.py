"""From a user's call to the alert in somebody's hand: SDK, processor, Prometheus, Alertmanager, webhook, all of them real.

Durations are seconds here; promtool holds the shipped ones to their minutes.
"""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otel_quality.vocabulary.alerts import BACKEND_DRIFTING
from otel_quality.vocabulary.measures import DRIFT_STATES, DRIFT_WINDOW
from otel_quality.vocabulary.metrics import DRIFT_STATE
from prometheus.files import generated
from prometheus.settings import Settings
from tests.flow.programs import ROOT, Alertmanager, Prometheus, Serve, Webhook, free_port, until

FAST = Settings(
    drift_for_s=2,
    drift_keep_s=8,
    down_for_s=60,
    scrape_interval_s=1,
    group_wait_s=0.2,
    group_interval_s=1,
    collector="",
    page_repeat_s=3600,
)
KEY = {"backend": "anthropic", "model": "claude-sonnet-4-5", "task": "code"}
DEADLINE_S = 120
RESEND = "--rules.alert.resend-delay=5s"
"""Prometheus finds its Alertmanager some 5 s after its start, and its targets likewise; what fires before that is sent again after
this, not a minute, and a target may be absent for longer than that before it is called down. Alertmanager takes an alert for resolved
that it does not hear of for four times as long: none may be while a busy machine holds Prometheus up. Likewise `drift_keep_s` is longer
than the processor may fail to answer a scrape, for which it has a second."""


def write(folder: Path, settings: Settings, name: str) -> Path:
    """One generated file of prometheus/ with the rules beside it."""
    for path, text in generated(settings).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder / "prometheus" / name


@contextmanager
def alerting(folder: Path, processor: str, settings: Settings = FAST) -> Iterator[tuple[Prometheus, Webhook]]:
    """Prometheus scraping a processor, its Alertmanager, and where the alerts arrive."""
    with Webhook() as webhook:
        settings = dataclasses.replace(settings, webhook_url=webhook.url, processor=processor)
        with Alertmanager(write(folder, settings, "alertmanager.yml"), folder / "alertmanager") as alertmanager:
            settings = dataclasses.replace(settings, alertmanager=alertmanager.address)
            config = write(folder, settings, "prometheus.yml")
            with Prometheus(config, folder / "data", RESEND) as prometheus:
                yield prometheus, webhook


def arrived(webhook: Webhook, name: str, status: str) -> list[dict[str, Any]]:
    return [alert for alert in webhook.alerts if alert["labels"]["alertname"] == name and alert["status"] == status]


def send(serve: Serve, count: int, output_tokens: int) -> None:
    """Calls through the SDK in a process of their own; returns when they are sent."""
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{serve.otlp_http}", "OTEL_SERVICE_NAME": "shop"}
    arguments = [*KEY.values(), str(count), str(output_tokens)]
    subprocess.run([sys.executable, "-m", "tests.flow.emit", *arguments], cwd=ROOT, env=environment, check=True, timeout=DEADLINE_S)


def reaches(prometheus: Prometheus, state: str) -> None:
    """Wait until Prometheus has scraped the drift state of the key."""
    labels = ",".join(f'{name}="{value}"' for name, value in KEY.items())
    expression = f"{DRIFT_STATE.name}{{{labels}}} == {DRIFT_STATES.index(state)}"
    until(lambda: prometheus.query(expression), DEADLINE_S, f"{expression} in Prometheus")


def test_drift_that_begins_pages_once_with_its_labels_and_text_and_recovery_resolves_it(tmp_path: Path) -> None:
    with Serve(tmp_path / "state") as serve, alerting(tmp_path, serve.metrics) as (prometheus, webhook):
        send(serve, DRIFT_WINDOW, output_tokens=120)
        reaches(prometheus, "stable")
        until(lambda: prometheus.query('ALERTS{alertname="LLMQWatchdog",alertstate="firing"}'), DEADLINE_S, "rules evaluated")
        assert not prometheus.query('ALERTS{alertname!="LLMQWatchdog",alertstate="firing"}')
        assert not webhook.alerts

        send(serve, DRIFT_WINDOW // 2, output_tokens=0)
        reaches(prometheus, "severe")
        fired = until(lambda: arrived(webhook, BACKEND_DRIFTING.name, "firing"), DEADLINE_S, "the alert at the webhook")
        summary, description = BACKEND_DRIFTING.filled(KEY)
        assert [alert["labels"] for alert in fired] == [{"alertname": "LLMQBackendDrifting", "severity": "page", **KEY}]
        assert fired[0]["annotations"] == {
            "summary": summary,
            "description": description,
            "runbook_url": f"{FAST.runbook_url}#llmqbackenddrifting",
            "dashboard_url": f"{FAST.grafana_url}/d/llmq-drift?var-backend=anthropic&var-model=claude-sonnet-4-5&var-task=code",
        }
        assert not arrived(webhook, BACKEND_DRIFTING.name, "resolved")

        send(serve, DRIFT_WINDOW, output_tokens=120)
        reaches(prometheus, "stable")
        resolved = until(lambda: arrived(webhook, BACKEND_DRIFTING.name, "resolved"), DEADLINE_S, "`resolved` at the webhook")
        assert [alert["labels"] for alert in resolved] == [fired[0]["labels"]]
        assert len(webhook.alerts) == 2, "one page, one resolved, nothing else"


def test_a_processor_that_does_not_answer_pages(tmp_path: Path) -> None:
    settings = dataclasses.replace(FAST, down_for_s=2)
    with alerting(tmp_path, f"127.0.0.1:{free_port()}", settings) as (_, webhook):
        fired = until(lambda: arrived(webhook, "LLMQProcessorDown", "firing"), DEADLINE_S, "the alert at the webhook")
        assert [alert["labels"] for alert in fired] == [{"alertname": "LLMQProcessorDown", "severity": "page"}]

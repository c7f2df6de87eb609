"""Who is told what, as amtool and a running Alertmanager see it."""

import json
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from prometheus.files import ROOT, generated
from prometheus.settings import Settings
from tests.flow.programs import Alertmanager, get_json, need, until

CONFIG = ROOT / "prometheus/alertmanager.yml"
KEY = {"backend": "groq", "model": "llama", "task": "code"}


def amtool(*arguments: str) -> str:
    answer = subprocess.run([need("amtool"), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_the_shipped_configuration_is_valid() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


def test_addresses_given_as_options_become_webhooks(tmp_path: Path) -> None:
    settings = Settings(webhook_url="http://hook.internal/llmq", watchdog_url="http://heart.internal/beat")
    config = tmp_path / "alertmanager.yml"
    config.write_text(generated(settings)[Path("prometheus/alertmanager.yml")])
    amtool("check-config", str(config))
    receivers = {each["name"]: each.get("webhook_configs") for each in yaml.safe_load(config.read_text())["receivers"]}
    assert receivers == {
        "llmq": [{"url": "http://hook.internal/llmq", "send_resolved": True}],
        "llmq-watchdog": [{"url": "http://heart.internal/beat", "send_resolved": True}],
        "nobody": None,
    }


@pytest.mark.parametrize(
    ("receiver", "labels"),
    [
        ("llmq", ["alertname=LLMQBackendDrifting", "severity=page", "backend=groq"]),
        ("llmq", ["alertname=LLMQProcessorDown", "severity=page"]),
        ("llmq", ["alertname=LLMQScoreLow", "severity=warning", "backend=groq"]),
        ("nobody", ["alertname=LLMQBackendDrifting", "severity=info", "backend=groq"]),
        ("llmq-watchdog", ["alertname=LLMQWatchdog", "severity=info"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value,
)
def test_alerts_take_the_route_of_their_severity(receiver: str, labels: list[str]) -> None:
    amtool("config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels)


def _suppressed(alertmanager: Alertmanager, cause: dict[str, str], *others: dict[str, str]) -> set[tuple[str, str, str]]:
    """Fire alerts and tell those that `cause` or another one inhibits, by name, severity and task.

    An alert is listed before it inhibits: Alertmanager's inhibitor hears of alerts on a queue of its own. It hears of them in
    the order they came, so `cause` is sent last, and as soon as it inhibits anything every other alert has been heard of too. That may be
    in the midst of a list, whose alerts are looked at one by one; so the next list is the answer.
    """
    url = f"http://{alertmanager.address}/api/v2/alerts"
    ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    fired = 0

    def fire(*alerts: dict[str, str]) -> None:
        nonlocal fired
        body = json.dumps([{"labels": labels, "endsAt": ends} for labels in alerts]).encode()
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=60).close()
        fired += len(alerts)
        until(lambda: len(get_json(url)) == fired, 60, "Alertmanager listing the alerts")

    def inhibited() -> list[dict[str, str]]:
        return [each["labels"] for each in get_json(url) if each["status"]["inhibitedBy"]]

    fire(*others)
    fire(cause)
    until(inhibited, 60, f"Alertmanager inhibiting anything for {cause}")
    return {(labels["alertname"], labels["severity"], labels.get("task", "")) for labels in inhibited()}


def test_a_page_silences_the_mild_drift_of_the_same_key_only(tmp_path: Path) -> None:
    drifting = {"alertname": "LLMQBackendDrifting", **KEY}
    others = [
        drifting | {"severity": "info"},
        drifting | {"severity": "info", "task": "research"},
        {"alertname": "LLMQScoreLow", "severity": "warning", "backend": "groq", "task": "code"},
        {"alertname": "LLMQWatchdog", "severity": "info"},
    ]
    with Alertmanager(CONFIG, tmp_path) as alertmanager:
        assert _suppressed(alertmanager, drifting | {"severity": "page"}, *others) == {("LLMQBackendDrifting", "info", "code")}


@pytest.mark.parametrize("cause", ["LLMQProcessorDown", "LLMQCollectorDown"])
def test_a_stopped_processor_or_collector_silences_backend_alerts_and_nothing_else(cause: str, tmp_path: Path) -> None:
    others = [
        {"alertname": "LLMQBackendDrifting", "severity": "page", **KEY},
        {"alertname": "LLMQScoreLow", "severity": "warning", "backend": "groq", "task": "code"},
        {"alertname": "LLMQErrorRatioHigh", "severity": "warning", "backend": "groq", "model": "llama"},
        {"alertname": "LLMQNoSpans", "severity": "warning", "backend": "groq"},
        {"alertname": "LLMQSpansRejected", "severity": "warning", "reason": "invalid_id"},
        {"alertname": "LLMQWatchdog", "severity": "info"},
    ]
    with Alertmanager(CONFIG, tmp_path) as alertmanager:
        assert _suppressed(alertmanager, {"alertname": cause, "severity": "page"}, *others) == {
            ("LLMQBackendDrifting", "page", "code"),
            ("LLMQScoreLow", "warning", "code"),
            ("LLMQErrorRatioHigh", "warning", ""),
            ("LLMQNoSpans", "warning", ""),
        }

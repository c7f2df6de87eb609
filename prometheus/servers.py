"""prometheus.yml and alertmanager.yml.

Decision: the default receiver holds no address until one is given with `--webhook-url`, so that Alertmanager starts offline
and does not log a failed delivery every minute; alerts are on its page meanwhile. An `info` alert is never sent.
"""

from typing import Any, Final

from prometheus.alerts import COLLECTOR_JOB, PROCESSOR_JOB
from prometheus.settings import Settings, duration

RECEIVER: Final = "llmq"
WATCHDOG: Final = "llmq-watchdog"
NOBODY: Final = "nobody"


_OF_OLD_NUMBERS: Final = (
    *("LLMQBackendDrifting", "LLMQScoreLow", "LLMQErrorRatioHigh", "LLMQNoSpans"),
    *("LLMQCompletionFalling", "LLMQGradesFalling", "LLMQLoopRisk", "LLMQToolBroken", "LLMQPredictionsWrong"),
    *("LLMQGoalCompletionFalling", "LLMQJudgeDisagrees", "LLMQJudgeShifted"),
)
"""What a stopped processor or Collector explains."""


def _job(name: str, target: str) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [{"targets": [target]}]}


def prometheus_config(settings: Settings, *, alertmanager: bool = True) -> dict[str, Any]:
    """prometheus.yml; without `alertmanager` rules are evaluated and shown, and nothing is sent."""
    interval = duration(settings.scrape_interval_s)
    notified = {"alertmanagers": [{"static_configs": [{"targets": [settings.alertmanager]}]}]}
    return {
        "global": {
            "scrape_interval": interval,
            "evaluation_interval": interval,
            "scrape_timeout": duration(min(10, settings.scrape_interval_s)),
        },
        "storage": {"exemplars": {"max_exemplars": 100_000}},
        "rule_files": ["rules/*.yaml"],
        **({"alerting": notified} if alertmanager else {}),
        "scrape_configs": [
            _job(PROCESSOR_JOB, settings.processor),
            *([_job(COLLECTOR_JOB, settings.collector)] if settings.collector else []),
            _job("prometheus", "localhost:9090"),
        ],
    }


def _receiver(name: str, url: str) -> dict[str, Any]:
    return {"name": name, **({"webhook_configs": [{"url": url, "send_resolved": True}]} if url else {})}


def alertmanager_config(settings: Settings) -> dict[str, Any]:
    """alertmanager.yml: who is told what, and which alert silences which.

    A stopped processor or Collector explains every alert on quality, and a page explains the info of the same key. The
    Watchdog is a target of neither: `equal` takes labels that both lack for equal.
    """
    return {
        "route": {
            "receiver": RECEIVER,
            "group_by": ["alertname", "backend"],
            "group_wait": duration(settings.group_wait_s),
            "group_interval": duration(settings.group_interval_s),
            "repeat_interval": duration(settings.repeat_s),
            "routes": [
                {"matchers": ['alertname="LLMQWatchdog"'], "receiver": WATCHDOG, "repeat_interval": duration(settings.watchdog_repeat_s)},
                {"matchers": ['severity="info"'], "receiver": NOBODY},
                {"matchers": ['severity="page"'], "repeat_interval": duration(settings.page_repeat_s)},
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": ['alertname=~"LLMQProcessorDown|LLMQCollectorDown"'],
                "target_matchers": [f'alertname=~"{"|".join(_OF_OLD_NUMBERS)}"'],
            },
            {
                "source_matchers": ['severity="page"', 'alertname="LLMQBackendDrifting"'],
                "target_matchers": ['severity="info"', 'alertname="LLMQBackendDrifting"'],
                "equal": ["backend", "model", "task"],
            },
        ],
        "receivers": [_receiver(RECEIVER, settings.webhook_url), _receiver(WATCHDOG, settings.watchdog_url), _receiver(NOBODY, "")],
    }

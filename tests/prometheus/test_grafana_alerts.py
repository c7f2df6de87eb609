"""The Grafana twin says what the rules say, in keys that Grafana knows: it drops others in silence, or does not start."""

import re
from typing import Any

import pytest
import yaml

from prometheus.alert import Alert
from prometheus.alerts import alerts
from prometheus.files import ROOT
from prometheus.grafana_alerts import alert_file, contact_point_file
from prometheus.rules import rule_file
from prometheus.settings import Settings

SETTINGS = Settings(no_spans_min_requests=100)
KNOWN = {
    "file": {"apiVersion", "groups", "deleteRules", "contactPoints", "deleteContactPoints", "resetPolicies", "templates", "muteTimes"},
    "group": {"orgId", "name", "folder", "interval", "rules"},
    "rule": {
        *("uid", "title", "condition", "data", "dashboardUid", "panelId", "noDataState", "execErrState", "for", "keepFiringFor"),
        *("missing_series_evals_to_resolve", "annotations", "labels", "isPaused", "notification_settings", "record"),
    },
    "data": {"refId", "queryType", "relativeTimeRange", "datasourceUid", "model"},
    "notification": {
        *("receiver", "group_by", "group_wait", "group_interval", "repeat_interval"),
        *("mute_time_intervals", "active_time_intervals"),
    },
}
"""Keys by level, as Grafana's provisioning reads them. `policies` is left out on purpose: it replaces the whole tree."""
RULES: list[dict[str, Any]] = [rule for group in alert_file(SETTINGS)["groups"] for rule in group["rules"]]
TWINS = list(zip(RULES, [rule for rule in rule_file(SETTINGS)["groups"][0]["rules"] if "alert" in rule], alerts(SETTINGS), strict=True))


def test_files_and_groups_have_known_keys_only() -> None:
    content = alert_file(SETTINGS)
    assert set(content) | set(contact_point_file()) <= KNOWN["file"]
    for group in content["groups"]:
        assert set(group) == KNOWN["group"]


@pytest.mark.parametrize(("twin", "rule", "alert"), TWINS, ids=[twin["title"] for twin, _, _ in TWINS])
def test_each_rule_has_known_keys_and_says_what_the_prometheus_rule_says(twin: dict[str, Any], rule: dict[str, Any], alert: Alert) -> None:
    assert set(twin) <= KNOWN["rule"]
    assert set(twin["notification_settings"]) <= KNOWN["notification"]
    assert all(set(node) <= KNOWN["data"] for node in twin["data"])
    assert twin["title"].startswith(rule["alert"])
    assert twin["for"] == rule.get("for", "0s")
    assert twin.get("keepFiringFor") == rule.get("keep_firing_for")
    assert twin["labels"] == rule["labels"]
    assert {name: text.replace("$values.query.Value", "$value") for name, text in twin["annotations"].items()} == rule["annotations"]
    assert twin["data"][0]["model"]["expr"] == rule["expr"]
    assert twin["notification_settings"]["repeat_interval"] == ("4h" if alert.severity == "page" else "12h")


@pytest.mark.parametrize("twin", RULES, ids=[twin["title"] for twin in RULES])
def test_each_rule_is_built_as_grafana_builds_one_from_prometheus(twin: dict[str, Any]) -> None:
    query, math, threshold = twin["data"]
    assert twin["condition"] == threshold["refId"] == "threshold"
    assert query["relativeTimeRange"]["from"] > query["relativeTimeRange"]["to"] >= 0
    assert query["model"]["instant"]
    assert query["datasourceUid"] == "prometheus"
    assert math["model"]["expression"] == "is_number($query) || is_nan($query) || is_inf($query)"
    assert threshold["model"]["expression"] == math["refId"]
    assert threshold["model"]["conditions"] == [{"evaluator": {"type": "gt", "params": [0]}}]
    assert all(node["model"]["refId"] == node["refId"] for node in twin["data"])
    assert (twin["noDataState"], twin["execErrState"], twin["missing_series_evals_to_resolve"]) == ("OK", "Error", 1)


@pytest.mark.parametrize("twin", RULES, ids=[twin["title"] for twin in RULES])
def test_no_rule_uses_what_grafana_has_not(twin: dict[str, Any]) -> None:
    assert "ALERTS" not in str(twin)
    assert not re.search(r"\$value\b", str(twin))
    assert "${" not in str(twin), "Grafana would look for an environment variable"
    assert "$" not in twin["title"] + str(twin["labels"])


def test_ids_are_short_and_titles_unique() -> None:
    assert all(re.fullmatch(r"[a-z-]{1,40}", twin["uid"]) for twin in RULES)
    assert len({twin["uid"] for twin in RULES}) == len({twin["title"] for twin in RULES}) == len(RULES)


def test_every_receiver_is_in_our_contact_points() -> None:
    known = {point["name"] for point in contact_point_file()["contactPoints"]}
    assert {twin["notification_settings"]["receiver"] for twin in RULES} <= known


@pytest.mark.parametrize("interval", [1, 15, 60])
def test_groups_are_evaluated_at_a_multiple_of_ten_seconds(interval: int) -> None:
    text = alert_file(Settings(scrape_interval_s=interval))["groups"][0]["interval"]
    assert text == {1: "10s", 15: "20s", 60: "1m"}[interval]


def test_the_folder_holds_nothing_but_the_two_files() -> None:
    """Grafana does not start with a stray file or folder in it."""
    assert sorted(path.name for path in (ROOT / "grafana/alerting").iterdir()) == ["llmq-alerts.yaml", "llmq-contactpoints.yaml"]
    for path in (ROOT / "grafana/alerting").iterdir():
        assert yaml.safe_load(path.read_text())["apiVersion"] == 1

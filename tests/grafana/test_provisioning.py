"""Grafana finds data sources and boards where the compose file puts them, and under the names that boards and alerts use."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from grafana.__main__ import FOLDER
from otel_quality.vocabulary import metrics
from prometheus.settings import Settings, duration

GRAFANA: Final = Path(__file__).parents[2] / "grafana"
SOURCES: Final[list[dict[str, Any]]] = yaml.safe_load((GRAFANA / "provisioning/datasources/llmq.yaml").read_text())["datasources"]
(PROVIDER,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/llmq.yaml").read_text())["providers"]
BY_TYPE: Final = {source["type"]: source for source in SOURCES}


def test_data_sources_have_the_uids_that_links_use() -> None:
    assert {source["uid"] for source in SOURCES} == {"prometheus", "alertmanager", "tempo"}
    assert [source["uid"] for source in SOURCES if source.get("isDefault")] == ["prometheus"]
    assert BY_TYPE["prometheus"]["jsonData"]["alertmanagerUid"] == BY_TYPE["alertmanager"]["uid"]
    (destination,) = BY_TYPE["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert (destination["name"], destination["datasourceUid"]) == ("trace_id", BY_TYPE["tempo"]["uid"])


def test_grafana_knows_how_often_prometheus_scrapes() -> None:
    assert BY_TYPE["prometheus"]["jsonData"]["timeInterval"] == duration(Settings().scrape_interval_s)


def test_queries_from_a_trace_read_our_metrics_by_our_labels() -> None:
    to_metrics = BY_TYPE["tempo"]["jsonData"]["tracesToMetrics"]
    names = {name for query in to_metrics["queries"] for name in re.findall(r"llmq_\w+", query["query"])}
    read = [metric for metric in metrics.METRICS if metric.name in names]
    assert len(read) == len(names) > 0
    assert all({tag["value"] for tag in to_metrics["tags"]} <= set(metric.labels) for metric in read)
    assert all("{$$__tags}" in query["query"] for query in to_metrics["queries"]), "one dollar would be read as an environment variable"


@pytest.mark.parametrize("file", sorted(GRAFANA.glob("provisioning/*/*.yaml")), ids=lambda file: file.parent.name)
def test_files_carry_the_version_that_grafana_reads(file: Path) -> None:
    assert yaml.safe_load(file.read_text())["apiVersion"] == 1


def test_boards_come_from_the_mounted_folder_and_cannot_be_saved_over() -> None:
    assert PROVIDER["type"] == "file"
    assert PROVIDER["options"]["path"] == "/var/lib/grafana/dashboards"
    assert PROVIDER["folderUid"] == "llm-quality"
    assert PROVIDER["allowUiUpdates"] is False
    assert PROVIDER["disableDeletion"] is True
    assert {path.name for path in FOLDER.iterdir()} == {
        f"llmq-{name}.json" for name in ("overview", "drift", "backend", "sessions", "tools", "evaluations")
    }

"""The shipped Collector configuration says what docs/deploy.md promises, and the real Collector takes it."""

import itertools
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.collector.program import FOLDER, arguments, need_collector

COMBINATIONS = [
    ("config",),
    ("config", "filter"),
    ("config", "traces"),
    ("config", "filter", "traces"),
    ("config", "traces", "filter"),
    ("config", "config"),
]
"""The last is what docker-compose.yml runs while nothing is added."""


def load(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


def validate(*config: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([need_collector(), "validate", *config], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("names", COMBINATIONS, ids="+".join)
def test_the_collector_takes_every_combination(names: tuple[str, ...]) -> None:
    done = validate(*arguments(*names))
    assert done.returncode == 0, done.stderr


def test_the_collector_names_a_misspelt_key(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((FOLDER / "config.yaml").read_text().replace("queue_size", "queue_syze"))
    done = validate(f"--config={wrong}")
    assert done.returncode != 0
    assert "queue_syze" in done.stderr


@pytest.mark.parametrize("name", ["config", "filter", "traces"])
def test_every_pipeline_refuses_before_memory_runs_out(name: str) -> None:
    for pipeline in load(name)["service"]["pipelines"].values():
        assert pipeline["processors"][0] == "memory_limiter"


def test_by_default_traces_and_logs_go_to_the_processor_unfiltered() -> None:
    pipelines = load("config")["service"]["pipelines"]
    assert set(pipelines) == {"traces/quality", "logs/quality"}
    for pipeline in pipelines.values():
        assert pipeline == {"receivers": ["otlp"], "processors": ["memory_limiter"], "exporters": ["otlp_grpc/quality"]}


def test_the_queue_is_on_disk_and_nothing_in_it_is_given_up() -> None:
    config = load("config")
    exporter = config["exporters"]["otlp_grpc/quality"]
    storage = exporter["sending_queue"]["storage"]
    assert storage in config["service"]["extensions"]
    assert config["extensions"][storage]["create_directory"] is True
    assert exporter["retry_on_failure"]["enabled"] is True
    assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s"


def test_the_filter_changes_the_spans_on_the_way_to_the_processor_only() -> None:
    assert set(load("filter")["service"]["pipelines"]) == {"traces/quality"}
    assert set(load("traces")["service"]["pipelines"]) == {"traces/tempo"}


def test_everything_that_differs_between_hosts_comes_from_the_environment_and_is_told_at_the_top() -> None:
    text = (FOLDER / "config.yaml").read_text()
    head, body = text.split("receivers:", 1)
    used = set(re.findall(r"\$\{env:(\w+):-[^}]+\}", body))
    assert used == set(re.findall(r"\b(?:OTELCOL|OTEL_QUALITY)_[A-Z_]+\b", head))
    assert "${env:" not in re.sub(r"\$\{env:\w+:-[^}]+\}", "", body), "a variable without a default"


def test_the_builder_makes_one_release_of_every_module() -> None:
    manifest = load("builder")
    version = manifest["dist"]["version"]
    for part in itertools.chain(*(manifest[kind] for kind in ("receivers", "processors", "exporters", "extensions"))):
        assert part["gomod"].endswith(f" v{version}")


def test_tempo_listens_where_the_collector_sends() -> None:
    endpoint = load("traces")["exporters"]["otlp_grpc/tempo"]["endpoint"]
    receivers = load("tempo")["distributor"]["receivers"]["otlp"]["protocols"]
    assert re.search(r":-tempo:(\d+)\}", endpoint)[1] == receivers["grpc"]["endpoint"].rpartition(":")[2]  # type: ignore[index]

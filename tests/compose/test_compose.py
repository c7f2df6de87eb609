"""docker-compose.yml without an engine: what it mounts exists, what it publishes is listened on, what it runs is held down."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from otel_quality.config import Server
from tests.house.test_pages import check_otel_quality
from tools import go

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OVERRIDE: Final = yaml.safe_load((ROOT / "docker-compose.grafana-alerts.yml").read_text())
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
PREPARING: Final = [name for name, service in SERVICES.items() if service.get("cap_add")]
LASTING: Final = [name for name in SERVICES if name not in PREPARING]
HEALTH_UNKNOWABLE: Final = {"collector": "no shell in the image", "tempo": "no shell in the image", "demo": "serves nothing"}


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def mounts(service: dict[str, Any]) -> list[list[str]]:
    return [volume.split(":") for volume in service.get("volumes", [])]


@pytest.mark.parametrize("name", SERVICES)
def test_every_mount_is_a_file_of_the_checkout_read_only_or_a_declared_volume(name: str) -> None:
    for source, _target, *mode in mounts(SERVICES[name]):
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"], source
        else:
            assert source in COMPOSE["volumes"]


def test_every_declared_volume_is_used() -> None:
    assert {source for service in SERVICES.values() for source, *_ in mounts(service) if source[0] != "."} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_to_an_exact_version(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9./-]+:v?\d+\.\d+\.\d+", SERVICES[name]["image"])


@pytest.mark.parametrize("name", LASTING)
def test_every_lasting_service_is_held_down(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), "not root"
    assert service["pids_limit"] <= 256
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["ulimits"]["nofile"] >= 4096
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["stop_grace_period"] == "20s"
    assert service["restart"] == "unless-stopped"
    assert "privileged" not in service
    assert all(option.endswith("noexec,nosuid") for option in service.get("tmpfs", []))


@pytest.mark.parametrize("name", PREPARING)
def test_what_prepares_a_volume_may_change_its_owner_and_nothing_else(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["cap_add"] == ["CHOWN"]
    assert service["network_mode"] == "none"
    command, owner, target = service["command"]
    assert command == "chown"
    assert [target] == [mount[1] for mount in mounts(service)]
    user = next(other for other in SERVICES.values() if name in other.get("depends_on", {}))
    assert user["user"] == owner
    assert user["depends_on"][name] == {"condition": "service_completed_successfully"}
    assert set(service.get("profiles", [])) == set(user.get("profiles", []))


@pytest.mark.parametrize("name", LASTING)
def test_every_service_tells_its_health_unless_its_image_cannot(name: str) -> None:
    check = SERVICES[name].get("healthcheck", {"disable": True})
    assert bool(check.get("disable")) is (name in HEALTH_UNKNOWABLE)


def test_only_these_ports_are_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "collector": ["127.0.0.1:4317:4317", "127.0.0.1:4318:4318"],
        "processor": ["127.0.0.1:9465:9465"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "alertmanager": ["127.0.0.1:9093:9093"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


@pytest.mark.parametrize("name", LASTING)
def test_services_meet_on_the_internal_network_and_leave_it_only_to_publish(name: str) -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    networks = SERVICES[name]["networks"]
    assert networks == (["inside", "outside"] if "ports" in SERVICES[name] else ["inside"])


def test_the_collector_listens_beyond_loopback_inside_its_container_on_the_ports_that_are_published() -> None:
    environment = SERVICES["collector"]["environment"]
    text = (ROOT / "collector/config.yaml").read_text()
    assert environment["OTELCOL_HOST"] == "0.0.0.0"
    assert {key for key in environment if key.startswith("OTEL")} <= set(re.findall(r"\$\{env:(\w+)", text))
    for variable, port in (("OTELCOL_GRPC_PORT", 4317), ("OTELCOL_HTTP_PORT", 4318)):
        assert f"${{env:{variable}:-{port}}}" in text
        assert f"127.0.0.1:{port}:{port}" in SERVICES["collector"]["ports"]


def test_the_collectors_queue_is_on_its_volume() -> None:
    text = (ROOT / "collector/config.yaml").read_text()
    default = re.search(r"\$\{env:OTELCOL_DIRECTORY:-([^}]+)\}", text)
    assert default
    assert ["collector-queue", default[1]] in mounts(SERVICES["collector"])


@pytest.mark.parametrize("also", ["config", "filter", "traces"])
def test_the_collector_can_take_each_second_configuration(also: str) -> None:
    first, second = SERVICES["collector"]["command"]
    target = second.removeprefix("--config=").replace("${COLLECTOR_ALSO:-config}", also)
    assert [f"./collector/{also}.yaml", target, "ro"] in mounts(SERVICES["collector"])
    assert first == "--config=/etc/otelcol/config.yaml"


def test_the_collector_is_the_version_that_the_tests_build() -> None:
    assert SERVICES["collector"]["image"].rpartition(":")[2] == load("collector/builder.yaml")["dist"]["version"]


def test_prometheus_scrapes_and_notifies_services_that_are_here() -> None:
    config = load("prometheus/prometheus.yml")
    targets = {target for job in config["scrape_configs"] for static in job["static_configs"] for target in static["targets"]}
    targets |= {
        target for group in config["alerting"]["alertmanagers"] for static in group["static_configs"] for target in static["targets"]
    }
    assert targets == {"processor:9464", "collector:8888", "localhost:9090", "alertmanager:9093"}
    assert {target.partition(":")[0] for target in targets} - {"localhost"} <= set(SERVICES)
    for pattern in config["rule_files"]:
        assert list((ROOT / "prometheus").glob(pattern))


def test_grafana_finds_its_boards_and_asks_servers_that_are_here() -> None:
    grafana = SERVICES["grafana"]
    targets = {target: ROOT / source for source, target, *_ in mounts(grafana)}
    for file in (ROOT / "grafana/provisioning/dashboards").glob("*.yaml"):
        for provider in yaml.safe_load(file.read_text())["providers"]:
            assert list(targets[provider["options"]["path"]].glob("*.json"))
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (targets[str(home.parent)] / home.name).exists()
    files = list((ROOT / "grafana/provisioning/datasources").glob("*.yaml"))
    assert files
    for file in files:
        text = file.read_text()
        assert set(re.findall(r"(?<!\$)\$\{?([A-Z]\w+)", text)) <= set(grafana["environment"])
        for source in yaml.safe_load(text)["datasources"]:
            assert re.fullmatch(r"http://(prometheus:9090|alertmanager:9093|tempo:3200)", source["url"])


def test_the_override_moves_alerting_to_grafana_and_takes_it_from_alertmanager() -> None:
    assert set(OVERRIDE["services"]) == {"grafana", "prometheus"}
    for name, service in OVERRIDE["services"].items():
        for source, _target, *mode in mounts(service):
            assert (ROOT / source).exists(), source
            assert mode == ["ro"]
        assert name in SERVICES
    (source, target, _mode), *_ = mounts(OVERRIDE["services"]["prometheus"])
    assert target in [mount[1] for mount in mounts(SERVICES["prometheus"])], "a mount on the same path replaces the other"
    without, usual = load(source), load("prometheus/prometheus.yml")
    del usual["alerting"]
    assert without == usual


def test_the_override_gives_grafana_every_variable_that_its_alerting_files_use() -> None:
    ((source, target, _mode),) = mounts(OVERRIDE["services"]["grafana"])
    assert target == "/etc/grafana/provisioning/alerting"
    files = list((ROOT / source).iterdir())
    assert files
    assert {file.suffix for file in files} == {".yaml"}, "Grafana does not start with anything else in there"
    used = {name for file in files for name in re.findall(r"(?<!\$)\$\{?([A-Z][A-Z_]+)", file.read_text())}
    assert used == set(OVERRIDE["services"]["grafana"]["environment"])


def test_ports_are_those_that_the_processor_listens_on() -> None:
    server = Server()
    assert SERVICES["collector"]["environment"]["OTEL_QUALITY_ENDPOINT"] == f"processor:{server.otlp_grpc_port}"
    assert SERVICES["processor"]["ports"] == [f"127.0.0.1:{server.api_port}:{server.api_port}"]
    targets = [job["static_configs"][0]["targets"] for job in load("prometheus/prometheus.yml")["scrape_configs"]]
    assert [f"processor:{server.metrics_port}"] in targets
    assert f"http://127.0.0.1:{server.metrics_port}/-/ready" in SERVICES["processor"]["healthcheck"]["test"][3]


@pytest.mark.parametrize("name", ["processor", "demo"])
def test_the_commands_exist_with_their_options(name: str) -> None:
    check_otel_quality(SERVICES[name]["command"])


def test_the_demo_and_the_processor_run_the_same_image_as_this_checkout() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    for name in ("processor", "demo"):
        assert SERVICES[name]["image"] == f"otel-quality:{version[1]}"
        assert SERVICES[name]["build"] == "."
    assert SERVICES["demo"]["profiles"] == ["demo"]
    assert SERVICES["tempo"]["profiles"] == ["traces"]


def read(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """The files as docker compose itself reads and merges them."""
    reader = go.compose_reader()
    if not reader.exists():
        pytest.skip("needs the reader of Compose files: `make test` builds it where Go is installed")
    return subprocess.run([reader, *files], cwd=folder, capture_output=True, text=True, check=False)


def test_compose_itself_reads_the_file() -> None:
    done = read(ROOT, "docker-compose.yml")
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def test_compose_itself_merges_the_override_as_meant(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    override = (ROOT / "docker-compose.grafana-alerts.yml").read_text()
    (tmp_path / "override.yml").write_text(re.sub(r"\$\{LLMQ_ALERT_WEBHOOK_URL:\?[^}]*\}", "http://hook/", override))
    done = read(tmp_path, "docker-compose.yml", "override.yml")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    sources = {name: {mount["target"]: mount["source"] for mount in services[name]["volumes"]} for name in OVERRIDE["services"]}
    assert sources["prometheus"]["/etc/prometheus/prometheus.yml"].endswith("/prometheus-grafana-alerts.yml")
    assert len(sources["prometheus"]) == len(mounts(SERVICES["prometheus"]))
    assert len(sources["grafana"]) == len(mounts(SERVICES["grafana"])) + 1


def test_the_override_demands_to_know_where_alerts_go() -> None:
    done = read(ROOT, "docker-compose.yml", "docker-compose.grafana-alerts.yml")
    assert done.returncode != 0
    assert "LLMQ_ALERT_WEBHOOK_URL is missing a value" in done.stderr


def test_compose_itself_names_a_misspelt_key(tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text((ROOT / "docker-compose.yml").read_text().replace("mem_limit: 128m", "mem_limmit: 128m"))
    assert "mem_limmit" in read(tmp_path, "wrong.yml").stderr

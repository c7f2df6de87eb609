"""Settings: three sources, one check, every problem at once."""

import json
from pathlib import Path

import pytest

from otel_quality.config import SETTINGS, Config, effective, load
from otel_quality.vocabulary.errors import ConfigError


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "otel-quality.toml"
    path.write_text(text)
    return path


def problems(path: Path | None, environ: dict[str, str] | None = None, **overrides: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {}, {name.replace("__", "."): value for name, value in overrides.items()})
    return caught.value.problems


def test_nothing_set_gives_the_defaults() -> None:
    assert load(None, {}) == Config()


def test_the_command_line_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, "[drift]\npreset = 'low'\n[score]\nwindow = 50\n[server]\napi_port = 1\n")
    config = load(
        path, {"OTEL_QUALITY_DRIFT_PRESET": "high", "OTEL_QUALITY_SERVER_API_PORT": "2"}, {"server.api_port": 3, "server.host": None}
    )
    assert (config.core.score.window, config.core.drift.preset, config.server.api_port, config.server.host) == (50, "high", 3, "127.0.0.1")


def test_every_setting_can_be_set_by_environment_and_file(tmp_path: Path) -> None:
    values = effective(Config())
    assert set(values) == {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        value = values[setting.name]
        if value is not None and not isinstance(value, tuple | dict):
            load(None, {setting.env: str(value)})
    lists = {"OTEL_QUALITY_BACKEND_ALLOW": "a, b", "OTEL_QUALITY_BACKEND_ALIASES": "old=new,x=y"}
    config = load(None, lists)
    assert (config.backend.allow, dict(config.backend.aliases)) == (("a", "b"), {"old": "new", "x": "y"})
    assert load(toml(tmp_path, "[backend]\nallow = ['a', 'b']\naliases = {old = 'new', x = 'y'}\n"), {}).backend == config.backend


RULE = {"name": "slow", "measure": "mean_latency_s", "policy": "timeout", "step": 5, "above": 10}


def test_a_list_of_tables_is_set_by_environment_as_json_and_by_file(tmp_path: Path) -> None:
    by_environment = load(None, {"OTEL_QUALITY_ADAPTATIONS_RULES": json.dumps([RULE])}).adaptations
    table = "".join(f"{name} = {json.dumps(value)}\n" for name, value in RULE.items())
    assert load(toml(tmp_path, f"[[adaptations.rules]]\n{table}"), {}).adaptations == by_environment
    assert [(rule.name, rule.above, rule.below) for rule in by_environment.rules] == [("slow", 10.0, None)]
    assert load(None, {"OTEL_QUALITY_ADAPTATIONS_RULES": "[]"}).adaptations.rules == ()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (RULE | {"ceilng": 1}, "0, ceilng: unexpected"),
        (RULE | {"step": "far"}, "0, step: "),
        (RULE | {"below": 1}, "rule slow needs either below or above"),
        ({"name": "x"}, "0, measure: field required"),
    ],
)
def test_a_wrong_table_of_a_list_is_told_with_its_place(told: dict[str, object], said: str) -> None:
    (problem,) = problems(None, {"OTEL_QUALITY_ADAPTATIONS_RULES": json.dumps([told])})
    assert said in problem
    assert problem.endswith("it is a list of tables")


def test_text_that_is_no_json_is_no_list_of_tables() -> None:
    assert "it is a list of tables" in problems(None, {"OTEL_QUALITY_ADAPTATIONS_RULES": "[{"})[0]


JUDGE = {"name": "local", "protocol": "openai", "model": "m", "url": "http://127.0.0.1:1/v1", "key_env": "JUDGE_KEY"}
KEY = "sk-c4n4ry"


def test_keys_of_judges_come_from_the_variables_they_name_and_are_printed_nowhere() -> None:
    given = {"OTEL_QUALITY_JUDGE_BACKENDS": json.dumps([JUDGE, JUDGE | {"name": "other", "key_env": "NOT_SET"}])}
    config = load(None, given | {"JUDGE_KEY": f" {KEY}\n"})
    assert config.keys == {"JUDGE_KEY": KEY}
    assert KEY not in repr(config)
    assert KEY not in repr(effective(config))
    assert [backend.name for backend in config.judge.backends] == ["local", "other"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key_env": KEY}, "must be the name of an environment variable"),
        ({"key": KEY}, "0, key: unexpected keyword argument"),
        ({"url": f"http://me:{KEY}@host/v1"}, "must hold neither a password nor parameters"),
        ({"url": f"http://host:{KEY}/v1"}, "must be an address such as"),
        ({"timeout_s": KEY}, "0, timeout_s: input should be a valid number"),
    ],
)
def test_a_key_that_somebody_wrote_into_a_table_is_not_repeated(wrong: dict[str, object], said: str) -> None:
    (problem,) = problems(None, {"OTEL_QUALITY_JUDGE_BACKENDS": json.dumps([JUDGE | wrong])})
    assert said in problem
    assert KEY not in problem
    (problem,) = problems(None, {"OTEL_QUALITY_JUDGE_BACKENDS": f"[{KEY}"})
    assert KEY not in problem


def test_what_is_wrong_with_a_rubric_is_told_with_the_settings(tmp_path: Path) -> None:
    file = toml(tmp_path, "version = '1'\nexperts = []\n")
    found = problems(None, {"OTEL_QUALITY_JUDGE_RUBRIC": str(file), "OTEL_QUALITY_JUDGE_CONCURRENCY": "0"})
    assert [problem.split(": ")[0] for problem in found] == ["[judge] concurrency must lie between 1 and 256, retries between 0 and 10"]
    found = problems(None, {"OTEL_QUALITY_JUDGE_RUBRIC": str(file)})
    assert len(found) == 2
    assert all(problem.startswith(f"judge.rubric: {file}: ") for problem in found)


def test_every_setting_has_a_line_of_help() -> None:
    assert all(len(setting.help) > 10 for setting in SETTINGS)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    path = toml(tmp_path, "[drift]\npresett = 'low'\nwindow = 1\n[scores]\n[limits]\nmodels = 'many'\n")
    found = problems(path, {"OTEL_QUALITY_DRIFT_PRSET": "x"}, server__host="0.0.0.0")
    assert len(found) == 6
    text = "\n".join(found)
    for said in (
        "there is no setting drift.presett; did you mean drift.preset?",
        "there is no section [scores]; did you mean score?",
        "OTEL_QUALITY_DRIFT_PRSET: no such setting; did you mean OTEL_QUALITY_DRIFT_PRESET?",
        "limits.models = 'many'",
        "[drift] window must be 2 to 10000",
        "--insecure-network",
    ):
        assert said in text


def test_a_variable_whose_section_is_misspelt_is_told() -> None:
    assert problems(None, {"OTEL_QUALITY_DRFT_PRESET": "high"}) == [
        "OTEL_QUALITY_DRFT_PRESET: no such setting; did you mean OTEL_QUALITY_DRIFT_PRESET?"
    ]


def test_a_window_that_no_memory_holds_is_told() -> None:
    found = problems(None, {"OTEL_QUALITY_SCORE_WINDOW": "10001", "OTEL_QUALITY_DRIFT_WINDOW": "99999999999999999999"})
    assert [problem.split(" must be")[0] for problem in found] == ["[score] window", "[drift] window"]


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_no_setting_is_a_number_that_is_not_finite(value: str) -> None:
    numbers = [setting for setting in SETTINGS if setting.type in ("int", "float")]
    for setting in numbers:
        assert any(setting.name in problem for problem in problems(None, {setting.env: value}))


def test_variables_of_other_programs_are_left_alone() -> None:
    assert load(None, {"OTEL_QUALITY_API_URL": "http://x", "OTEL_QUALITY_ENDPOINT": "y", "OTEL_SERVICE_NAME": "z"}) == Config()


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_it_is_known_whether_the_environment_says_where_spans_go(name: str) -> None:
    assert load(None, {name: "http://collector:4318"}).spans_elsewhere
    assert not load(None, {name: " "}).spans_elsewhere


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.toml") == [f"{tmp_path / 'none.toml'}: No such file or directory"]
    assert "not TOML" in problems(toml(tmp_path, "[[["))[0]
    assert "must be a table" in problems(toml(tmp_path, "drift = 5"))[0]


def test_a_host_beyond_loopback_is_taken_where_it_is_meant() -> None:
    assert load(None, {}, {"server.host": "0.0.0.0", "server.insecure_network": True}).server.host == "0.0.0.0"
    for host in ("::1", "127.0.0.2", "localhost"):
        assert load(None, {}, {"server.host": host}).server.loopback


@pytest.mark.parametrize("ports", [{"server.api_port": 4317}, {"server.api_port": 70_000}])
def test_ports_must_make_sense(ports: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        load(None, {}, ports)

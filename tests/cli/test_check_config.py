"""`check-config`: what is in force, as a file that means the same; or every problem at once."""

import json
import tomllib
from pathlib import Path

import pytest

from otel_quality import config
from otel_quality.cli.group import run

TOKEN = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in config.SETTINGS:
        monkeypatch.delenv(setting.env, raising=False)


def test_what_is_printed_is_a_configuration_that_means_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_QUALITY_BACKEND_ALIASES", "az.openai=openai")
    monkeypatch.setenv("OTEL_QUALITY_DRIFT_PRESET", "high")
    assert run(["check-config"]) == 0
    printed = capsys.readouterr().out
    assert 'preset = "high"  # default: "normal"' in printed
    monkeypatch.delenv("OTEL_QUALITY_BACKEND_ALIASES")
    monkeypatch.delenv("OTEL_QUALITY_DRIFT_PRESET")
    file = tmp_path / "same.toml"
    file.write_text(printed)
    again = config.effective(config.load(file, {}))
    assert again["backend.aliases"] == {"az.openai": "openai"}
    assert again["drift.preset"] == "high"
    tables = tomllib.loads(printed)
    assert {f"{section}.{name}" for section, table in tables.items() for name in table} <= {setting.name for setting in config.SETTINGS}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_token_is_said_to_be_set_and_not_printed(
    form: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["check-config", *form]) == 0
    unset = capsys.readouterr().out
    monkeypatch.setenv("OTEL_QUALITY_SERVER_API_TOKEN", TOKEN)
    assert run(["check-config", *form]) == 0
    printed = capsys.readouterr().out
    assert "set, and not printed" in printed
    assert "set, and not printed" not in unset
    assert TOKEN not in printed


@pytest.mark.parametrize("wrong", ["", "short", "with a space in the middle", "ümläute-ümläute-ümläute"])
def test_a_wrong_token_is_told_without_it(wrong: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_QUALITY_SERVER_API_TOKEN", wrong)
    assert run(["check-config"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("otel-quality: [server] api_token must be at least 16 characters")
    assert not wrong or wrong not in said


def test_a_token_of_another_type_is_told_without_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("[server]\napi_token = 1234567890123456789\n")
    assert run(["check-config", str(file)]) == 2
    assert "123456789" not in capsys.readouterr().err


def test_a_token_is_in_no_representation() -> None:
    loaded = config.load(None, {"OTEL_QUALITY_SERVER_API_TOKEN": TOKEN})
    assert loaded.server.token == TOKEN
    assert TOKEN not in f"{loaded!r} {loaded}"


def test_judges_are_printed_with_the_name_of_their_key_and_never_the_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = {"name": "cloud", "protocol": "anthropic", "model": "m", "key_env": "CLOUD_KEY", "temperature": 0.0}
    monkeypatch.setenv("OTEL_QUALITY_JUDGE_BACKENDS", json.dumps([judge]))
    monkeypatch.setenv("CLOUD_KEY", "sk-c4n4ry")
    assert run(["check-config"]) == 0
    printed = capsys.readouterr().out
    assert run(["check-config", "--json"]) == 0
    assert "sk-c4n4ry" not in printed + capsys.readouterr().out
    assert '"key_env" = "CLOUD_KEY"' in printed
    monkeypatch.delenv("OTEL_QUALITY_JUDGE_BACKENDS")
    file = tmp_path / "same.toml"
    file.write_text(printed)
    again = config.load(file, {"CLOUD_KEY": "sk-c4n4ry"})
    assert [backend.name for backend in again.judge.backends] == ["cloud"]
    assert again.keys == {"CLOUD_KEY": "sk-c4n4ry"}


def test_every_problem_is_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('[drift]\npreset = "hihg"\nwidnow = 3\n[nonsense]\n')
    assert run(["check-config", str(file)]) == 2
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert len(lines) == 3
    assert all(line.startswith("otel-quality: ") for line in lines)
    assert any("did you mean drift.window?" in line for line in lines)


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["check-config", str(tmp_path / "gone.toml")]) == 2
    assert "gone.toml" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["postgresql://ada:s3cret@db/x", "postgresql://db/x?user=ada&password=s3cret"])
def test_a_password_is_never_printed(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_QUALITY_STORE_URL", url)
    for shape in ([], ["--json"]):
        assert run(["check-config", *shape]) == 0
        printed = capsys.readouterr().out
        assert url.replace("s3cret", "***") in printed
        assert "s3cret" not in printed


@pytest.mark.parametrize(
    "wrong", ['url = ["postgresql://ada:s3cret@db/x"]', 'url = "mysql://ada:s3cret@db/x"', 'url = "postgresql://ada:s3cret/@db/x"']
)
def test_a_wrong_setting_is_told_without_its_password(wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(f"[store]\n{wrong}\n")
    assert run(["check-config", str(file)]) == 2
    said = capsys.readouterr()
    assert "store" in said.err
    assert "s3cret" not in said.err + said.out


def test_json_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check-config", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {setting.name for setting in config.SETTINGS}

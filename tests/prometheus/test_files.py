"""Committed files are what the specification writes, names come from the metric table, every alert has its runbook."""

import re
from pathlib import Path

import pytest

from otel_quality.vocabulary.metrics import METRICS
from prometheus.__main__ import main
from prometheus.alert import Alert
from prometheus.alerts import alerts
from prometheus.expressions import all_recordings
from prometheus.files import BEGIN, END, ROOT, generated, with_table
from prometheus.settings import Settings

EVERY = {alert.name: alert for alert in alerts(Settings(no_spans_min_requests=1))}.values()
PARTS = ("What it means", "Look at", "What to do", "When it is wrong")


def runbooks() -> dict[str, str]:
    """Heading to text."""
    sections = re.split(r"^## (.+)$", (ROOT / "docs/runbooks.md").read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(sections[::2], sections[1::2], strict=True))


def test_the_committed_files_are_what_the_specification_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_check_names_the_file_that_differs_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path)]) == 0
    rules = tmp_path / "prometheus/rules/llmq.yaml"
    rules.write_text(rules.read_text().replace("for: 2m", "for: 3m"))
    assert main(["--root", str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().err == "prometheus/rules/llmq.yaml is not what `python -m prometheus` writes: run it with the same options\n"
    assert "for: 3m" in rules.read_text()


def test_check_agrees_with_a_change_made_by_option(tmp_path: Path) -> None:
    options = ["--root", str(tmp_path), "--drift-for", "1m30s", "--score-floor", "0.7"]
    assert main(options) == 0
    assert main([*options, "--check"]) == 0
    assert main(["--root", str(tmp_path), "--check"]) == 1
    assert "for: 1m30s" in (tmp_path / "prometheus/rules/llmq.yaml").read_text()


@pytest.mark.parametrize(
    "wrong", [["--score-floor", "7"], ["--drift-for", "soon"], ["--error-min-requests", "-1"], ["--score-flor", "0.5"]], ids=str
)
def test_a_wrong_option_exits_2_and_writes_nothing(wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--root", str(tmp_path), *wrong])
    assert error.value.code == 2
    assert wrong[0].strip("-").replace("-", "_") in capsys.readouterr().err.replace("-", "_")
    assert not list(tmp_path.iterdir())


def test_the_table_is_written_between_its_marks_and_nothing_else_is_touched() -> None:
    document = with_table(f"before\n{BEGIN}old\n{END}after\n", Settings())
    assert document.startswith(f"before\n{BEGIN}| alert |")
    assert document.endswith(f"|\n{END}after\n")
    assert "old" not in document
    with pytest.raises(ValueError, match="no lines"):
        with_table("no marks", Settings())


@pytest.mark.parametrize("alert", EVERY, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_with_all_its_parts(alert: Alert) -> None:
    section = runbooks()[alert.name]
    assert re.findall(r"^\*\*(.+?)\.\*\*\s+\S", section, flags=re.MULTILINE) == list(PARTS)


def test_every_runbook_belongs_to_an_alert() -> None:
    assert set(runbooks()) == {alert.name for alert in EVERY}


@pytest.mark.parametrize("alert", alerts(Settings(no_spans_min_requests=1)), ids=lambda alert: f"{alert.name} {alert.severity}")
def test_every_alert_speaks_in_sentences_and_of_its_own_labels_only(alert: Alert) -> None:
    assert alert.summary.endswith(".")
    assert alert.description.endswith(".")
    assert set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description)) <= set(alert.labels)


def test_no_metric_name_is_written_in_the_generator() -> None:
    for source in (ROOT / "prometheus").glob("*.py"):
        assert not re.findall(r"llmq_\w+", source.read_text()), f"{source.name}: take names from otel_quality.vocabulary.metrics"


def test_rules_their_tests_and_runbooks_name_only_metrics_that_exist() -> None:
    known = {metric.name for metric in METRICS} | {each.name for each in all_recordings(Settings())}
    texts = [*generated(Settings(no_spans_min_requests=1)).values(), (ROOT / "docs/runbooks.md").read_text()]
    texts += [path.read_text() for path in (ROOT / "prometheus/tests").rglob("*.yaml")]
    found = {name for text in texts for name in re.findall(r"(?:(?:backend_model|task|tool|axis):)?llmq_[a-z_]+(?::\w+)?", text)}
    assert found <= known, found - known

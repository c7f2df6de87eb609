"""The rules of the house that can be read off the sources."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT, SHIPPED, files, names, strings, tree

SOURCES = files(*SHIPPED, "tests")
LONGEST = 500
HOME_OF_METRIC_NAMES = Path("otel_quality/vocabulary/metrics.py")
ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environb"})
READS_THE_ENVIRONMENT = frozenset(
    Path("otel_quality", *of)
    for of in (
        ["config.py"],
        ["cli", "settings.py"],
        ["sdk", "configuration.py"],
        ["demo", "environment.py"],
        ["judge", "backends", "litellm.py"],
    )
)
"""Where settings are composed: the processor's (its commands hand them over), the SDK's; the demo takes some away; and LiteLLM is kept
off the network by one."""
SWITCHED_OFF = ("pytest.mark.skip", "pytest.mark.xfail", "unittest.mock", "unittest.skip", "mock", "time.sleep")


def told(found: list[str]) -> str:
    return "\n" + "\n".join(found)


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_module_says_what_it_is() -> None:
    silent = [str(path) for path in SOURCES if not ast.get_docstring(tree(path))]
    assert not silent, told(silent)


def test_no_file_is_too_long_to_read() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in SOURCES}
    long = [f"{path}: {lines} lines" for path, lines in lengths.items() if lines > LONGEST]
    assert not long, told(long)


def test_metric_names_are_written_in_one_place() -> None:
    elsewhere = [
        f"{path}:{line}: {text[:60]!r}"
        for path in files(*SHIPPED)
        if path != HOME_OF_METRIC_NAMES
        for line, text in strings(tree(path))
        if re.search(r"\bllmq_[a-z]+_[a-z]", text)
    ]
    assert not elsewhere, told(elsewhere)


def test_tests_neither_sleep_nor_mock_nor_are_switched_off() -> None:
    found = [
        f"{path}:{line}: {name}"
        for path in files("tests")
        for line, name in names(tree(path))
        if any(name == banned or name.startswith(f"{banned}.") for banned in SWITCHED_OFF)
    ]
    assert not found, told(found)


def test_only_the_configuration_reads_the_environment() -> None:
    found = [
        f"{path}:{line}: {name}"
        for path in files("otel_quality")
        if path not in READS_THE_ENVIRONMENT
        for line, name in names(tree(path))
        if name in ENVIRONMENT
    ]
    assert not found, told(found)


def exporting() -> list[str]:
    """Modules of the package that say what they export."""
    chosen = [path for path in files("otel_quality") if "__all__ =" in (ROOT / path).read_text() or "__all__:" in (ROOT / path).read_text()]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in chosen]


@pytest.mark.parametrize("name", exporting())
def test_what_a_module_exports_exists_once(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [each for each in module.__all__ if not hasattr(module, each)] == []


def test_the_package_exports_all_that_it_defines() -> None:
    script = (
        "import types, otel_quality as oq\n"
        "there = {n for n in vars(oq) if n[0] != '_' and not isinstance(getattr(oq, n), types.ModuleType)}\n"
        "print(*sorted(there ^ set(oq.__all__)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_dependency_of_users_has_its_reason_beside_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start, end = lines.index("dependencies = ["), lines.index("[project.scripts]")
    without = [line for line in lines[start:end] if re.match(r'\s*"', line) and not re.search(r'",?\s*# \S', line)]
    assert not without, told(without)

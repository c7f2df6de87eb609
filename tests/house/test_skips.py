"""The policy of tests/conftest.py, tried on small test files of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
CASES = """
import pytest

def test_one(): pytest.skip("needs prometheus: apt-get install prometheus")
def test_two(): pytest.skip("the Windows form is not ours")
def test_three(): pass
"""
COLLECTED = 'import pytest\npytest.skip("needs the Collector: make test", allow_module_level=True)\n'


def run(folder: Path, source: str, *options: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder), *options, str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_skips_are_told_with_their_reasons_and_pass(tmp_path: Path) -> None:
    code, output = run(tmp_path, CASES)
    assert code == 0
    assert "Skipped 1 test: needs prometheus: apt-get install prometheus" in output


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["in one process", "with xdist"])
def test_under_no_skips_only_a_missing_program_fails(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, output = run(tmp_path, CASES, "--no-skips", *options)
    assert code == 1
    assert "1 failed, 1 passed, 1 skipped" in output
    assert "--no-skips was asked for: needs prometheus" in output


def test_under_no_skips_a_whole_file_that_is_skipped_fails(tmp_path: Path) -> None:
    assert run(tmp_path, COLLECTED)[0] == 5
    code, output = run(tmp_path, COLLECTED, "--no-skips")
    assert code == 2
    assert "--no-skips was asked for: needs the Collector" in output


def test_a_run_without_skips_says_so(tmp_path: Path) -> None:
    code, output = run(tmp_path, "def test_it(): pass\n")
    assert code == 0
    assert "Nothing was skipped." in output

"""What happens to skipped tests: each reason is told at the end, and under --no-skips a program that is missing is a failure.

A test that cannot run for want of a program skips with a reason that starts with `needs `: apt or Go could have brought it.
No example of a property has a deadline: how long one takes is the machine's affair. Fixtures stand beside the tests that use them.
"""

import signal
from collections import Counter
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A shell starts what it runs in the background with SIGINT ignored, and every program that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

NEEDS = "needs "
"""Start of the reason of a skip that installing something would have avoided."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help=f"a test skipped with a reason that starts with `{NEEDS}` fails")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why it was skipped, without pytest's own prefix; empty where it was not skipped."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return ""
    return (report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)).removeprefix("Skipped: ")


def _insist(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    reason = reason_of(report)
    if config.getoption("--no-skips") and reason.startswith(NEEDS):
        report.outcome = "failed"
        report.longrepr = f"skipped, and --no-skips was asked for: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _insist(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _insist(report, collector.config)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(reason_of(report) for report in terminalreporter.stats.get("skipped", []))
    if not reasons:
        terminalreporter.write_line("Nothing was skipped.")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"Skipped {count} test{'s' * (count > 1)}: {reason}", yellow=True)

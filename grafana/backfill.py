"""The scenario inside a real Prometheus: metrics pages with timestamps become blocks, a server is started on them.

Decision: blocks from promtool, not live scraping, because three hours then take seconds and their instants are known. They
carry no exemplars, and Prometheus evaluates no rules on them: what it would have written as ALERTS and `up` is written here.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Final

from grafana import judged, scenario, weeks
from otel_quality.core.history import History
from otel_quality.core.snapshot import Key, Snapshot
from otel_quality.outlets.families import Health
from otel_quality.outlets.metrics import OPENMETRICS, Exposition
from otel_quality.vocabulary.measures import ALL
from prometheus.alerts import PROCESSOR_JOB
from prometheus.settings import Settings

_TARGET: Final = f'instance="processor:9464",job="{PROCESSOR_JOB}"'
_SAMPLE: Final = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>(?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (?P<value>\S+)')
"""A sample without its exemplar."""


def of_hours(*, every_s: int = scenario.EVERY_S) -> Iterator[Iterable[str]]:
    """The three hours of `scenario` as one dump, with a sample every `every_s` seconds."""
    yield openmetrics(scenario.snapshots(every_s=every_s))


def of_weeks() -> Iterator[Iterable[str]]:
    """The days of `weeks` as a dump each, because promtool reads all of a dump again for every two hours in it."""
    for _, day in groupby(weeks.histories(), key=lambda each: each[0] // 86_400):
        yield weeks_openmetrics(day)


def of_judged() -> Iterator[Iterable[str]]:
    """The weeks of `judged`, a dump a day likewise."""
    for _, day in groupby(judged.readings(), key=lambda each: each[0] // 86_400):
        yield _told(day, judged.alerts)


def write_blocks(folder: Path, dumps: Iterable[Iterable[str]]) -> Path:
    """Dumps in OpenMetrics lines as a Prometheus data folder.

    Args:
        folder: an existing empty one; the data are put into `data` below it.
        dumps: none may overlap another in time.

    Raises:
        FileNotFoundError: promtool is not installed.
        subprocess.CalledProcessError: promtool refused a dump; its output says why.
    """
    promtool = shutil.which("promtool")
    if promtool is None:
        raise FileNotFoundError("promtool is not installed: apt-get install --no-install-recommends prometheus")
    data = folder / "data"
    for lines in dumps:
        dump = folder / "dump.om"
        with dump.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "-q", str(dump), str(data)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        dump.unlink()
    return data


@contextmanager
def served(data: Path) -> Iterator[str]:
    """A Prometheus on these blocks, on a free port of loopback; gives its address, ends it with the block.

    Raises:
        FileNotFoundError: prometheus is not installed.
        RuntimeError: it ended before it was ready; the message holds what it printed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write("global: {}\n")
        config.flush()
        words = [f"--config.file={config.name}", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100y"]
        command = ["prometheus", *words, "--web.listen-address=127.0.0.1:0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            try:
                yield _address(process)
            finally:
                process.terminate()
                process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    """Where it listens, once it answers queries; it says both, in either order."""
    said, address, ready = [], "", False
    for line in process.stderr or ():
        said.append(line)
        if listening := re.search(r"Listening on.* address=(\S+)", line):
            address = f"http://{listening[1]}"
        ready = ready or "Server is ready to receive web requests" in line
        if address and ready:
            return address
    raise RuntimeError("prometheus ended:\n" + "".join(said[-20:]))


def openmetrics(snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """Lines of one OpenMetrics text with a timestamp on each sample: families together, as promtool wants them."""
    latest = [Snapshot()]
    exposition = Exposition(lambda: latest[0], lambda: _health(latest[0]), version="0.0.0")
    families: dict[str, list[str]] = {}
    alerts = _Alerts()
    for snapshot in snapshots:
        latest[0] = snapshot
        page, _ = exposition.render(OPENMETRICS)
        at_s = snapshot.time_ns // 10**9
        _collect(families, page.decode(), at_s)
        _collect(families, "# TYPE up gauge\nup 1\n", at_s)
        families.setdefault("# TYPE ALERTS gauge", []).extend(f"ALERTS{{{labels}}} 1 {at_s}" for labels in alerts.at(snapshot, at_s))
    yield from _lines(families)


def weeks_openmetrics(told: Iterable[tuple[int, History]]) -> Iterator[str]:
    """The same for what the second scenario shows of sessions, tools and agents."""
    yield from _told(((at_s, Snapshot(), history) for at_s, history in told), weeks.alerts)


def _told(readings: Iterable[tuple[int, Snapshot, History]], alerts: Callable[[int], Iterable[str]]) -> Iterator[str]:
    """Lines of one OpenMetrics text of what snapshots and histories say at their seconds, and of the alerts meanwhile."""
    latest = [(Snapshot(), History())]
    exposition = Exposition(lambda: latest[0][0], Health, version="0.0.0", history=lambda: latest[0][1])
    families: dict[str, list[str]] = {}
    for at_s, snapshot, history in readings:
        latest[0] = snapshot, history
        page, _ = exposition.render(OPENMETRICS)
        _collect(families, page.decode(), at_s)
        families.setdefault("# TYPE ALERTS gauge", []).extend(f"ALERTS{{{labels}}} 1 {at_s}" for labels in alerts(at_s))
    yield from _lines(families)


def _lines(families: dict[str, list[str]]) -> Iterator[str]:
    for head, lines in families.items():
        yield head
        yield from lines
    yield "# EOF"


def _collect(families: dict[str, list[str]], page: str, at_s: int) -> None:
    """Put the page's samples under their families' TYPE lines."""
    head = ""
    for line in page.splitlines():
        if line.startswith("#"):
            head = line if line.startswith("# TYPE") else head
            continue
        sample = _SAMPLE.match(line)
        if sample is None:
            raise ValueError(f"no sample: {line}")
        labels = f"{_TARGET},{sample['labels']}" if sample["labels"] else _TARGET
        families.setdefault(head, []).append(f"{sample['name']}{{{labels}}} {sample['value']} {at_s}")


def _health(snapshot: Snapshot) -> Health:
    """A processor that does well."""
    ran_s = snapshot.time_ns / 1e9 - scenario.START_S
    return Health(
        queue_bytes=round(ran_s) % 7 * 900,
        tick_duration_s=0.004 + round(ran_s) % 5 * 0.0004,
        render_duration_s=0.006,
        resident_bytes=round(95e6 + 4e3 * ran_s),
        cpu_s=0.02 * ran_s,
        start_time_s=scenario.START_S,
    )


class _Alerts:
    """What Prometheus writes as ALERTS for two of our rules: pending for a time, then firing, and on a while after."""

    def __init__(self) -> None:
        self._settings = Settings()
        self._since: dict[str, int] = {}
        self._last: dict[str, int] = {}

    def at(self, snapshot: Snapshot, at_s: int) -> list[str]:
        """Label sets of the series that exist at this moment."""
        return [*self._drifting(snapshot, at_s), *self._low(snapshot, at_s)]

    def _drifting(self, snapshot: Snapshot, at_s: int) -> list[str]:
        bad = [key for key, verdict in snapshot.drift.items() if verdict.state == "severe"]
        kept = self._settings
        return self._held("LLMQBackendDrifting", "page", bad, at_s, for_s=kept.drift_for_s, keep_s=kept.drift_keep_s)

    def _low(self, snapshot: Snapshot, at_s: int) -> list[str]:
        wanted = self._settings
        cards = [card for card in snapshot.by_task.values() if card.samples >= wanted.score_min_samples]
        low = [card.key for card in cards if card.score < 100 * wanted.score_floor and card.key.task != ALL]
        return self._held("LLMQScoreLow", "warning", low, at_s, for_s=wanted.score_for_s, keep_s=0)

    def _held(self, name: str, severity: str, keys: list[Key], at_s: int, *, for_s: float, keep_s: float) -> list[str]:
        found = []
        active = {_labels(name, severity, key) for key in keys}
        for labels in sorted(active | {labels for labels in self._since if f'"{name}"' in labels}):
            if labels in active:
                self._last[labels] = at_s
            elif at_s - self._last[labels] > keep_s:
                del self._since[labels]
                continue
            began = self._since.setdefault(labels, at_s)
            state = "firing" if at_s - began >= for_s else "pending"
            if state == "pending" and labels not in active:
                del self._since[labels]
                continue
            found.append(f'{labels},alertstate="{state}"')
        return found


def _labels(name: str, severity: str, key: Key) -> str:
    parts = {"alertname": name, "severity": severity, "backend": key.backend, "model": key.model, "task": key.task}
    return ",".join(f'{label}="{value}"' for label, value in parts.items() if value)

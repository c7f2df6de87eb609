"""Spans per CPU-second of `otel-quality serve` over OTLP/gRPC, against the Collector's span_metrics connector (Go) in the same run.

Four requests are in flight; the sender is this process and its CPU time does not count.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import grpc.aio

from benchmarks.load import Requests
from benchmarks.timing import process_cpu_s
from tests.flow.programs import Program, Serve, free_port
from tools import go

PEER: Final = Path(__file__).parent / "builder.yaml"
SIZES: Final = (1000, 100, 10)
SECONDS: Final = 6.0
IN_FLIGHT: Final = 4
_EXPORT: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_CONFIG: Final = """
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: "127.0.0.1:{port}"}}}}}}}}
connectors: {{span_metrics: {{dimensions: [{{name: otel_quality.backend}}, {{name: gen_ai.request.model}}, {{name: otel_quality.task}}]}}}}
exporters: {{nop: {{}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [span_metrics]}}
    metrics: {{receivers: [span_metrics], exporters: [nop]}}
"""


def main() -> None:
    """Print the table."""
    peer = _peer()
    print(f"spans per CPU-second over OTLP/gRPC, {IN_FLIGHT} requests in flight, {SECONDS:g} s each")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder, Serve(Path(folder)) as serve:
            ours = asyncio.run(_drive(serve.otlp_grpc, serve.process.pid, size))
        line = f"  batches of {size:5d}   otel-quality serve {ours.rate:8.0f}   RSS {ours.rss_mib:4.0f} MiB"
        if peer is not None:
            theirs = _measure_peer(peer, size)
            line += f"   Collector span_metrics {theirs.rate:8.0f}   RSS {theirs.rss_mib:4.0f} MiB   ratio {ours.rate / theirs.rate:.2f}"
        print(line, flush=True)


class Measured:
    """Spans per CPU-second of a process, and its memory in the end."""

    def __init__(self, spans: int, cpu_s: float, pid: int) -> None:
        self.rate = spans / cpu_s
        self.rss_mib = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _measure_peer(program: Path, size: int) -> Measured:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "peer.yaml"
        config.write_text(_CONFIG.format(port=port))
        with Program([str(program), f"--config={config}"], ready="Everything is ready") as collector:
            return asyncio.run(_drive(f"127.0.0.1:{port}", collector.process.pid, size))


async def _drive(address: str, pid: int, size: int) -> Measured:
    requests = Requests(size)
    async with grpc.aio.insecure_channel(address) as channel:
        export: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_EXPORT)
        sent = 0

        async def send_until(end_s: float) -> None:
            nonlocal sent
            while time.monotonic() < end_s:
                await export(requests.next(), timeout=30)
                sent += size

        await asyncio.gather(*(send_until(time.monotonic() + 1) for _ in range(IN_FLIGHT)))
        sent, begun_s = 0, process_cpu_s(pid)
        await asyncio.gather(*(send_until(time.monotonic() + SECONDS) for _ in range(IN_FLIGHT)))
        return Measured(sent, process_cpu_s(pid) - begun_s, pid)


def _peer() -> Path | None:
    """The peer, built where Go is there; None without."""
    path, command = go.collector(PEER), go.find_go()
    if path.exists() or command is None:
        return path if path.exists() else None
    print("building the peer: the Collector with span_metrics (about 3 minutes, once)", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        go.build_collector(command, Path(folder), PEER).replace(path)
    return path

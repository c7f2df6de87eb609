"""What one observation, one key and one scrape cost, inside the process.

Peers: the official protocol classes with a walk over attributes (decoding), prometheus_client with ordinary gauges (a scrape).
"""

import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from benchmarks.load import Requests, runs
from benchmarks.timing import best_cpu_s
from otel_quality.core.engine import Config, Engine
from otel_quality.core.sessions.grade import grade
from otel_quality.outlets.metrics import Exposition, Health
from otel_quality.service import keeping
from otel_quality.store.contract import Config as StoreConfig
from otel_quality.store.opening import open_store
from otel_quality.wire import decode
from otel_quality.wire.otlp_pb2 import ExportTraceRequest

SPANS = 1000


def main() -> None:
    """Print the table."""
    requests = Requests(SPANS)
    body = requests.next()
    decoder = decode.Decoder(decode.Config())
    us = 1e6 / SPANS
    ours, walk = best_cpu_s(lambda: decoder.decode(body)) * us, best_cpu_s(lambda: _walk(body)) * us
    print(f"costs per observation, {len(body) // SPANS} bytes a span, batches of {SPANS}")
    print(
        f"  decode            {ours:6.2f} us   {walk / ours:.2f} times the speed of a bare walk with the official classes ({walk:.2f} us)"
    )
    talks = Requests(SPANS, sessions=True).next()
    in_sessions = best_cpu_s(lambda: decoder.decode(talks)) * us
    print(f"    in sessions     {in_sessions:6.2f} us   {in_sessions / ours:.2f} of a span that belongs to none")
    print(f"    of it parsing   {best_cpu_s(lambda: ExportTraceRequest.FromString(body)) * us:6.2f} us")
    print(f"  apply and fold    {_engine(requests, decoder, ticks=False) * us:6.2f} us   20 keys, drift evaluated after each")
    print(f"  with 10 ticks     {_engine(requests, decoder, ticks=True) * us:6.2f} us   one tick a batch: cards and verdicts of 20 keys")
    _sessions(decoder)
    _tools(decoder)
    _kept(decoder)
    _scrape()


def _walk(body: bytes) -> int:
    """The obvious reading: every attribute of every span into a dict."""
    n = 0
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {pair.key: pair.value for pair in span.attributes}
                n += attributes["gen_ai.usage.output_tokens"].int_value + len(attributes["gen_ai.request.model"].string_value)
    return n


def _engine(requests: Requests, decoder: decode.Decoder, *, ticks: bool) -> float:
    """CPU seconds per request."""
    batches = [decoder.decode(requests.next()).batch for _ in range(10 * 7)]
    engine, at = Engine(Config(), now_ns=time.time_ns()), iter(batches)

    def work() -> None:
        for _ in range(10):
            engine.apply(next(at), now_ns=time.time_ns())
            if ticks:
                engine.tick(now_ns=time.time_ns())
        engine.fold(now_ns=time.time_ns())

    return best_cpu_s(work) / 10


def _sessions(decoder: decode.Decoder) -> None:
    """Whole runs of 21 spans: ten LLM calls, ten tool executions, the agent's span."""
    count, spans = 200, 21
    body = runs(count)
    read = best_cpu_s(lambda: decoder.decode(body)) * 1e6 / (count * spans)
    batches = iter([decoder.decode(runs(count, first=(n + 1) * count)).batch for n in range(8)])
    engine = Engine(Config(), now_ns=time.time_ns())
    closed: list[float] = []

    def work() -> None:
        engine.apply(next(batches), now_ns=time.time_ns())
        engine.fold(now_ns=time.time_ns())

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    held = (tracemalloc.get_traced_memory()[0] - before) / count
    tracemalloc.stop()
    engine.harvest(now_ns=time.time_ns())

    def harvest() -> None:
        work()
        begun = time.process_time()
        engine.harvest(now_ns=time.time_ns())
        closed.append(time.process_time() - begun)

    whole = best_cpu_s(harvest) * 1e6
    print(f"costs per session of {spans} spans")
    print(f"  decode            {read:6.2f} us a span")
    print(f"  assemble          {(whole - min(closed) * 1e6) / (count * spans):6.2f} us a span, windows and drift included")
    print(f"  close             {min(closed) * 1e6 / count:6.1f} us a session, its ten executions included")
    print(f"  memory            {held / 1024:6.1f} KiB a session that is open")


def _tools(decoder: decode.Decoder) -> None:
    """Runs of ten tool executions and the agent's span above them."""
    count, spans = 200, 11
    body = runs(count, calls=False)
    read = best_cpu_s(lambda: decoder.decode(body)) * 1e6 / (count * spans)
    batches = iter([decoder.decode(runs(count, first=(n + 1) * count, calls=False)).batch for n in range(7)])
    engine = Engine(Config(), now_ns=time.time_ns())

    def work() -> None:
        engine.apply(next(batches), now_ns=time.time_ns())
        engine.harvest(now_ns=time.time_ns())

    whole = best_cpu_s(work) * 1e6 / (count * spans)
    print(f"costs per tool span, {len(body) // (count * spans)} bytes each")
    print(f"  decode            {read:6.2f} us")
    print(f"  assemble          {whole:6.2f} us   into executions and sessions, closing them included")


def _kept(decoder: decode.Decoder) -> None:
    """What of those runs is kept in SQLite on disk, as the historian does: graded, written, predictions looked for."""
    count = 200
    engine = Engine(Config(), now_ns=time.time_ns())
    harvests = []
    for n in range(8):
        engine.apply(decoder.decode(runs(count, first=n * count)).batch, now_ns=time.time_ns())
        harvests.append(engine.harvest(now_ns=time.time_ns()))
    sessions, at = harvests[0].sessions, iter(harvests)
    graded = best_cpu_s(lambda: [grade(each) for each in sessions]) * 1e6 / count
    with TemporaryDirectory() as folder:
        store = open_store(StoreConfig(), data_dir=Path(folder))

        def work() -> None:
            harvest = next(at)
            keeping.keep(store, grade, harvest.sessions, harvest.executions, source=keeping.SPANS, now_ns=time.time_ns())

        work()
        before = store.size_bytes()
        kept = best_cpu_s(work, runs=6) * 1e6 / count
        size = (store.size_bytes() - before) / (6 * count)
        only = [replace(each, trace_id=f"{number:032x}") for number, each in enumerate(harvests[0].executions)]
        before = store.size_bytes()
        begun = time.process_time()
        store.put_executions(only)
        alone = (time.process_time() - begun) * 1e6 / len(only)
        each = (store.size_bytes() - before) / len(only)
        store.close()
    print("costs of keeping, in a store that is almost empty (`benchmarks history` has full ones)")
    print(f"  grade             {graded:6.1f} us a session")
    print(f"  grade and store   {kept:6.1f} us and {size:.0f} bytes a session, its ten executions included")
    print(f"  an execution      {alone:6.1f} us and {each:.0f} bytes")


def _scrape() -> None:
    engine = Engine(Config(), now_ns=time.time_ns())
    decoder = decode.Decoder(decode.Config())
    body = Requests(SPANS).next()
    for n in range(10):
        many = body.replace(b"claude-sonnet", f"claude-so{n:04d}".encode()).replace(b"claude-haiku", f"claude-h{n:04d}".encode())
        engine.apply(decoder.decode(many.replace(b"gpt-5", f"gpt{n:02d}".encode())).batch, now_ns=time.time_ns())
        body = Requests(SPANS).next()
    snapshot = engine.tick(now_ns=time.time_ns())
    series = Exposition(lambda: snapshot, Health, version="0").render("")[0].count(b"\n")
    ours = best_cpu_s(lambda: Exposition(lambda: snapshot, Health, version="0").render(""))
    page = Exposition(lambda: snapshot, Health, version="0")
    page.render("")
    again = best_cpu_s(lambda: page.render(""))
    registry = CollectorRegistry()
    gauge = Gauge("peer", "peer", ["backend", "model", "task"], registry=registry)
    for n in range(series):
        gauge.labels("anthropic", f"claude-{n}", "code").set(n)
    peer = best_cpu_s(lambda: generate_latest(registry))
    print(f"a scrape of {series} lines, {len(snapshot.exposed)} keys")
    print(f"  first after a tick {1e3 * ours:6.1f} ms   {1e6 * ours / series:.1f} us a line; {peer / ours:.2f} times as fast as gauges")
    print(f"  until the next one {1e3 * again:6.1f} ms   the page is shared")

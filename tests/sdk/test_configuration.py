"""`configure()`: exports by OTLP as the standard variables say, once, beside or instead of the application's own provider.

Each case runs in a process of its own, because OpenTelemetry takes one provider per process.
"""

import gzip
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as rpc


class Collector:
    """Takes OTLP over HTTP and gRPC and keeps the spans."""

    def __init__(self) -> None:
        self.requests: list[service.ExportTraceServiceRequest] = []
        self.paths: list[str] = []

    def names(self) -> list[str]:
        return [
            span.name
            for request in self.requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    def service_names(self) -> set[str]:
        groups = [group for request in self.requests for group in request.resource_spans]
        return {each.value.string_value for group in groups for each in group.resource.attributes if each.key == "service.name"}


@pytest.fixture
def collector() -> Collector:
    return Collector()


@pytest.fixture
def http_address(collector: Collector) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.paths.append(self.path)
            plain = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            collector.requests.append(service.ExportTraceServiceRequest.FromString(plain))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def grpc_address(collector: Collector) -> Iterator[str]:
    class Servicer(rpc.TraceServiceServicer):
        def Export(self, request: Any, context: Any) -> Any:
            collector.requests.append(request)
            return service.ExportTraceServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(2))
    rpc.add_TraceServiceServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None).wait()


def run(code: str, **variables: str) -> str:
    """What a process with these variables and no other OTEL_* ones prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | variables
    program = "import otel_quality as oq\n@oq.observe_llm(backend='b', model='m')\ndef ask(): return 'x'\n" + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_spans_are_flushed_at_exit_to_the_standard_variables_endpoint(collector: Collector, http_address: str) -> None:
    run("oq.configure()\nask()", OTEL_EXPORTER_OTLP_ENDPOINT=http_address, OTEL_SERVICE_NAME="shop")
    assert collector.names() == ["chat m"]
    assert collector.paths == ["/v1/traces"]
    assert collector.service_names() == {"shop"}


def test_settings_win_over_variables(collector: Collector, http_address: str) -> None:
    run(
        f"oq.configure(endpoint={http_address!r}, service_name='mine').flush()\nask()",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_SERVICE_NAME="shop",
    )
    assert collector.names() == ["chat m"]
    assert collector.service_names() == {"mine"}


def test_grpc_is_spoken_where_the_variable_says_so(collector: Collector, grpc_address: str) -> None:
    run("oq.configure()\nask()", OTEL_EXPORTER_OTLP_PROTOCOL="grpc", OTEL_EXPORTER_OTLP_ENDPOINT=grpc_address)
    assert collector.names() == ["chat m"]


def test_flush_sends_now_and_shutdown_ends_exporting_until_configured_anew(collector: Collector, http_address: str) -> None:
    out = run(
        f"""
        telemetry = oq.configure(endpoint={http_address!r})
        ask()
        print(telemetry.flush())
        telemetry.shutdown()
        telemetry.shutdown()
        ask()
        again = oq.configure(endpoint={http_address!r})
        print(again is telemetry)
        ask()
        """
    )
    assert out.split() == ["True", "False"]
    assert collector.names() == ["chat m", "chat m"]


def test_a_second_call_with_the_same_settings_changes_nothing_and_with_others_is_an_error(collector: Collector, http_address: str) -> None:
    out = run(
        f"""
        first = oq.configure(endpoint={http_address!r})
        print(oq.configure(endpoint={http_address!r}) is first)
        try:
            oq.configure(endpoint={http_address!r}, capture_content=True)
        except Exception as error:
            print(type(error).__name__, "shutdown()" in str(error))
        ask()
        """
    )
    assert out.split() == ["True", "ConfigError", "True"]
    assert collector.names() == ["chat m"]


OWN_PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
"""


def test_the_applications_provider_is_left_alone(collector: Collector, http_address: str) -> None:
    code = OWN_PROVIDER + "oq.configure()\nask()\nprint(trace.get_tracer_provider() is provider, len(memory.get_finished_spans()))"
    assert run(code, OTEL_EXPORTER_OTLP_ENDPOINT=http_address).split() == ["True", "1"]
    assert collector.names() == []


def test_with_an_endpoint_of_its_own_an_exporter_is_added_to_it(collector: Collector, http_address: str) -> None:
    code = OWN_PROVIDER + f"oq.configure(endpoint={http_address!r})\nask()\nprint(len(memory.get_finished_spans()))"
    assert run(code) == "1"
    assert collector.names() == ["chat m"]


def test_a_disabled_sdk_and_no_exporter_send_nothing(collector: Collector, http_address: str) -> None:
    run("oq.configure().flush()\nask()", OTEL_SDK_DISABLED="true", OTEL_EXPORTER_OTLP_ENDPOINT=http_address)
    run("oq.configure().flush()\nask()", OTEL_TRACES_EXPORTER="none", OTEL_EXPORTER_OTLP_ENDPOINT=http_address)
    assert collector.names() == []


def test_content_goes_on_spans_only_when_asked_for(collector: Collector, http_address: str) -> None:
    run(f"oq.configure(endpoint={http_address!r})\noq.observe_tool(lambda path: path)('c4n4ry')")
    assert b"c4n4ry" not in collector.requests[0].SerializeToString()
    run(f"oq.configure(endpoint={http_address!r}, capture_content=True)\noq.observe_tool(lambda path: path)('c4n4ry')")
    assert b"c4n4ry" in collector.requests[1].SerializeToString()


@pytest.mark.parametrize(
    ("call", "variables", "words"),
    [
        ("configure(endpont='x')", {}, ["endpont", "endpoint", "service_name", "capture_content"]),
        ("configure(endpoint='localhost:4317')", {}, ["endpoint", "http://"]),
        ("configure(endpoint='')", {}, ["endpoint"]),
        ("configure(service_name=3)", {}, ["service_name"]),
        ("configure(capture_content='no')", {}, ["capture_content", "True or False"]),
        (
            "configure()",
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "grpc", "http/json"],
        ),
        ("configure()", {"OTEL_TRACES_EXPORTER": "zipkin"}, ["OTEL_TRACES_EXPORTER", "otlp", "none", "zipkin"]),
    ],
)
def test_a_wrong_setting_is_an_error_that_says_what_is_allowed(call: str, variables: dict[str, str], words: list[str]) -> None:
    out = run(f"try: oq.{call}\nexcept Exception as error: print(type(error).__name__, error)", **variables)
    assert out.startswith("ConfigError")
    assert all(word in out for word in words)


def test_several_wrong_settings_are_told_at_once() -> None:
    out = run("try: oq.configure(endpont=1, service_name=2)\nexcept Exception as error: print(len(error.problems))")
    assert out == "2"


def test_grpc_without_its_extra_names_the_extra() -> None:
    code = """
    import sys
    sys.modules["opentelemetry.exporter.otlp.proto.grpc"] = None
    try: oq.configure()
    except Exception as error: print(type(error).__name__, error)
    """
    assert "pip install 'otel-quality[grpc]'" in run(code, OTEL_EXPORTER_OTLP_PROTOCOL="grpc")

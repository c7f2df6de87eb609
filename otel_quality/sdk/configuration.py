"""`configure()`: an OpenTelemetry provider and OTLP exporter from the standard OTEL_* variables.

The one place of the SDK that imports opentelemetry-sdk and an exporter, and the one function that raises: it runs once, at the
start of a program, where a wrong setting should be seen.

Decision: a provider that the application has set is left alone, because it exports already and a second exporter would send
every span twice; only with an endpoint of its own does `configure` add an exporter to it.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Never

from opentelemetry import trace

from otel_quality.sdk import content
from otel_quality.vocabulary.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

SETTINGS: Final = ("endpoint", "service_name", "capture_content")
PROTOCOLS: Final = ("http/protobuf", "grpc")
API_URL: Final = "http://127.0.0.1:9465"


def api_url() -> str:
    """Where the processor's API is: OTEL_QUALITY_API_URL."""
    return os.environ.get("OTEL_QUALITY_API_URL", "").strip().rstrip("/") or API_URL


def api_token() -> str:
    """What the processor's API may want from who changes something: OTEL_QUALITY_API_TOKEN."""
    return os.environ.get("OTEL_QUALITY_API_TOKEN", "").strip()


@dataclass(frozen=True, slots=True)
class _Settings:
    endpoint: str | None
    service_name: str | None
    capture_content: bool


class Telemetry:
    """What `configure` has set up. Spans are flushed at exit by themselves."""

    def __init__(self, settings: _Settings, processor: "BatchSpanProcessor | None") -> None:
        self.settings = settings
        self._processor = processor

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Send what waits now; False after `shutdown`."""
        return self._processor is None or self._processor.force_flush(int(timeout_s * 1000))

    def shutdown(self) -> None:
        """Send what waits and stop exporting; `configure` may then be called anew."""
        global _present  # noqa: PLW0603 - the process has one provider
        if self._processor is not None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            self._processor = None
        content.set_capturing(False)
        if _present is self:
            _present = None


_present: Telemetry | None = None
_our_provider: object = None


def configure(
    *,
    endpoint: str | None = None,
    service_name: str | None = None,
    capture_content: bool = False,
    **unknown: Never,
) -> Telemetry:
    """Export spans by OTLP. A second call with the same settings changes nothing.

    Args:
        endpoint: Base address of the Collector or processor, `http://127.0.0.1:4318`; else OTEL_EXPORTER_OTLP_ENDPOINT.
        service_name: For the resource; else OTEL_SERVICE_NAME.
        capture_content: Put prompts, completions, tool arguments and results on spans.

    Returns:
        A handle to flush and to shut down.

    Raises:
        ConfigError: a setting or OTEL_* variable is wrong, an extra is missing, or the settings differ from those in force.
    """
    global _present  # noqa: PLW0603 - the process has one provider
    settings = _checked(endpoint, service_name, capture_content, unknown)
    if _present is not None:
        if _present.settings != settings:
            raise ConfigError([f"configure was called before with {_present.settings}; call shutdown() on what it returned to change that"])
        return _present
    processor = _export(settings)
    content.set_capturing(capture_content)
    _present = Telemetry(settings, processor)
    return _present


def _checked(endpoint: Any, service_name: Any, capture_content: Any, unknown: dict[str, Never]) -> _Settings:
    problems = [f"configure has no setting {name}; it has {', '.join(SETTINGS)}" for name in sorted(unknown)]
    for name, text in (("endpoint", endpoint), ("service_name", service_name)):
        if text is not None and (not isinstance(text, str) or not text):
            problems.append(f"{name} must be a text that is not empty, not {text!r}")
    if isinstance(endpoint, str) and endpoint and not endpoint.startswith(("http://", "https://")):
        problems.append(f"endpoint must start with http:// or https://, not {endpoint!r}")
    if not isinstance(capture_content, bool):
        problems.append(f"capture_content must be True or False, not {capture_content!r}")
    if _protocol() not in PROTOCOLS:
        problems.append(f"OTEL_EXPORTER_OTLP_PROTOCOL must be one of {', '.join(PROTOCOLS)}, not {_protocol()!r}")
    if _exporter_name() not in ("otlp", "none"):
        problems.append(f"OTEL_TRACES_EXPORTER must be otlp or none, not {_exporter_name()!r}")
    if problems:
        raise ConfigError(problems)
    return _Settings(endpoint, service_name, capture_content)


def _protocol() -> str:
    variables = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    return next((value for name in variables if (value := os.environ.get(name, "").strip())), PROTOCOLS[0])


def _exporter_name() -> str:
    return os.environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"


def _export(settings: _Settings) -> "BatchSpanProcessor | None":
    """Set up the provider where there is none, and the exporter; None where spans go nowhere, or where the application sends them."""
    global _our_provider  # noqa: PLW0603 - OpenTelemetry takes one provider per process
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    present = trace.get_tracer_provider()
    if isinstance(present, trace.ProxyTracerProvider):
        named = {} if settings.service_name is None else {"service.name": settings.service_name}
        _our_provider = provider = TracerProvider(resource=Resource.create(named))
        processor = _processor(settings, BatchSpanProcessor)
        trace.set_tracer_provider(provider)
    elif not isinstance(present, TracerProvider) or (present is not _our_provider and settings.endpoint is None):
        return None
    else:
        provider, processor = present, _processor(settings, BatchSpanProcessor)
    if processor is not None:
        provider.add_span_processor(processor)
    return processor


def _processor(settings: _Settings, make: "Callable[[SpanExporter], BatchSpanProcessor]") -> "BatchSpanProcessor | None":
    return None if _exporter_name() == "none" else make(_exporter(settings.endpoint))


def _exporter(endpoint: str | None) -> "SpanExporter":
    if _protocol() == "grpc":
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
        except ImportError:
            raise ConfigError(["OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which needs an extra: pip install 'otel-quality[grpc]'"]) from None
        return GrpcExporter(endpoint=endpoint)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter

    return HttpExporter(endpoint=None if endpoint is None else f"{endpoint.rstrip('/')}/v1/traces")

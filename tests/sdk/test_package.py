"""`import otel_quality` loads the OpenTelemetry API and nothing heavier; the public names are those of the contract."""

import subprocess
import sys

import otel_quality

HEAVY = (
    "grpc", "google.protobuf", "numpy", "prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter", "pandas", "fastapi",
    "pydantic", "requests", "httpx", "rich", "click", "asyncio", "sqlite3",
)  # fmt: skip


def test_importing_the_package_loads_the_api_only() -> None:
    code = f"import sys, otel_quality; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout.strip() == "[]"


def test_the_public_names_exist_and_are_all() -> None:
    assert sorted(otel_quality.__all__) == [
        "Prediction", "configure", "feedback", "llm_call", "observe_agent", "observe_llm", "observe_tool", "on_policy_change", "policy",
        "predict_success", "session",
    ]  # fmt: skip
    assert all(callable(getattr(otel_quality, name)) for name in otel_quality.__all__)


def test_the_docstring_is_the_map_of_the_rooms() -> None:
    from pathlib import Path

    rooms = {path.name for path in Path(str(otel_quality.__file__)).parent.iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"    {room}/" not in str(otel_quality.__doc__)} == set()

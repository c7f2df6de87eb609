"""Every test of the SDK starts with no spans and ends with nothing failed at the border and no context left attached."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace

from otel_quality.sdk import border
from tests.sdk import recorded


@pytest.fixture(scope="session", autouse=True)
def _recording() -> None:
    recorded.record()


@pytest.fixture
def fails_inside() -> None:
    """Asked for by a test in which something of ours is meant to fail."""


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> Iterator[None]:
    recorded.taken()
    before = border.failures_by_place()
    yield
    assert not trace.get_current_span().get_span_context().is_valid, "a context is left attached"
    if "fails_inside" not in request.fixturenames:
        assert border.failures_by_place() == before

"""Commands that ask a server with a fake judge behind it; a file whose server is another one has fixtures of its own."""

from collections.abc import Iterator

import pytest

from tests import samples
from tests.cli.ran import Cli, runner
from tests.cli.served import Served
from tests.service.judging.fake import FakeJudge


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def served(judge: FakeJudge) -> Iterator[Served]:
    with Served(samples.full(), judge=judge) as served:
        yield served


@pytest.fixture
def cli(served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("OTEL_QUALITY_API_URL", served.url)
    monkeypatch.setattr("otel_quality.cli.eval.following.ASK_S", 0.02)
    return runner(capsys)

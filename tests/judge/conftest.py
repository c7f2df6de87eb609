"""One fake judge, and one event loop, for all tests of a file: LiteLLM keeps connections for as long as the process lives."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.judge.fake import FakeJudge, judge
from tests.judge.panels import House

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing litellm fetches a price list


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def _house(anyio_backend: str) -> AsyncIterator[House]:
    with judge() as fake:
        house = House(fake)
        yield house
        await house.close()


@pytest.fixture
def house(_house: House) -> House:
    _house.reset()
    return _house


@pytest.fixture
def fake(house: House) -> FakeJudge:
    return house.fake

"""A strict schema reads each board and writes the same again: a misspelt key would get lost on the way.

The schema's models are for dashboards as Grafana 12 and later write them; older ones are read by the same keys.
"""

import copy
import json
import warnings
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins

from tests.grafana.boards import BOARDS

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it prefers the newer schema, which Grafana before 13 does not read
    from grafana_foundation_sdk.models.dashboard import Dashboard

register_default_plugins()


def round_trip(board: dict[str, Any]) -> dict[str, Any]:
    """The board through the foundation SDK's models."""
    result: dict[str, Any] = json.loads(JSONEncoder().encode(Dashboard.from_json(copy.deepcopy(board))))
    return result


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """Paths of what is not there, or not the same, afterwards. What the schema adds are defaults."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [gone for key in before for gone in lost(before[key], after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [gone for n, pair in enumerate(zip(before, after, strict=True)) for gone in lost(*pair, f"{path}/{n}")]
    return [] if before == after else [path]


@pytest.mark.parametrize("uid", BOARDS)
def test_the_schema_knows_every_key(uid: str) -> None:
    assert lost(BOARDS[uid], round_trip(BOARDS[uid])) == []


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ((), "refresh", "refrsh"),
        (("panels", 0), "title", "tilte"),
        (("panels", 0, "options"), "colorMode", "colourMode"),
        (("panels", 0, "targets", 0), "instant", "instnat"),
        (("templating", "list", 1), "multi", "multy"),
    ],
)
def test_a_misspelt_key_does_not_survive(path: tuple[str | int, ...], right: str, wrong: str) -> None:
    board: Any = copy.deepcopy(BOARDS["llmq-overview"])
    place = board
    for step in path:
        place = place[step]
    place[wrong] = place.pop(right)
    where = "".join(f"/{step}" for step in path)
    assert lost(board, round_trip(board)) == [f"{where}/{wrong}"]

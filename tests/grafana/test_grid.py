"""The grid places panels without gaps and overlaps, and refuses a line that is not full."""

from typing import Any

import pytest

from grafana.grid import COLUMNS, Grid
from tests.grafana.boards import BOARDS, panels


def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """The cells that a panel covers."""
    place = panel["gridPos"]
    return {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_cover_the_board_once_and_wholly(uid: str) -> None:
    covered: set[tuple[int, int]] = set()
    for panel in panels(BOARDS[uid], rows=True):
        assert not covered & cells(panel), f"{panel['title']} lies on another panel"
        covered |= cells(panel)
    assert len(covered) == COLUMNS * (max(y for _, y in covered) + 1), "a gap"


@pytest.mark.parametrize("uid", BOARDS)
def test_panel_ids_are_unique_and_a_row_comes_before_its_panels(uid: str) -> None:
    everything = panels(BOARDS[uid], rows=True)
    ids = [panel["id"] for panel in everything]
    assert len(ids) == len(set(ids))
    assert [panel["gridPos"]["y"] for panel in everything] == sorted(panel["gridPos"]["y"] for panel in everything)


def test_a_line_that_does_not_fill_the_columns_is_refused_by_name() -> None:
    grid = Grid()
    with pytest.raises(ValueError, match=r"line of \['narrow'\] is 23 columns wide, not 24"):
        grid.line(4, (23, {"title": "narrow"}))


def test_only_the_last_section_may_be_folded() -> None:
    grid = Grid()
    grid.row(1, "details", folded=True)
    with pytest.raises(ValueError, match="after the folded section"):
        grid.row(2, "more")

"""Places panels on Grafana's grid: 24 columns, rows of 30 pixels and 8 between.

Lines of panels from the top down; a line fills all 24 columns, so that a board has neither gaps nor overlaps.
"""

from typing import Any, Final

Panel = dict[str, Any]

COLUMNS: Final = 24


class Grid:
    """Collects placed panels.

    Attributes:
        panels: what a dashboard's `panels` holds; those of a folded row lie inside the row.
    """

    def __init__(self) -> None:
        self.panels: list[Panel] = []
        self._target = self.panels
        self._y = 0

    def row(self, panel_id: int, title: str, *, folded: bool = False) -> None:
        """Begin a section.

        Args:
            panel_id: unique on the board, never changed.
            title: a question or a few words.
            folded: shown closed; only the last section of a board may be.

        Raises:
            ValueError: the section before is folded: its panels would be pushed down when it opens.
        """
        if self._target is not self.panels:
            raise ValueError(f"{title}: no section after the folded section")
        row: Panel = {"id": panel_id, "type": "row", "title": title, "collapsed": folded, "panels": []}
        row["gridPos"] = {"x": 0, "y": self._y, "w": COLUMNS, "h": 1}
        self.panels.append(row)
        self._target = row["panels"] if folded else self.panels
        self._y += 1

    def line(self, height: int, *placed: tuple[int, Panel]) -> None:
        """Add panels side by side.

        Args:
            height: of the line, in grid rows.
            placed: (columns, panel), from the left.

        Raises:
            ValueError: the columns do not add up to 24.
        """
        width = sum(columns for columns, _ in placed)
        if width != COLUMNS:
            raise ValueError(f"line of {[panel['title'] for _, panel in placed]} is {width} columns wide, not {COLUMNS}")
        x = 0
        for columns, panel in placed:
            panel["gridPos"] = {"x": x, "y": self._y, "w": columns, "h": height}
            self._target.append(panel)
            x += columns
        self._y += height

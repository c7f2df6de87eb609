"""What every board and panel must have, after the rules of Grafana's dashboard-linter and our own safety rules."""

import json
import re
from typing import Any

import pytest

from grafana.promql import AGENTS, JUDGE, KEY, KIND, names_in
from grafana.shell import SAFE_VALUES
from tests.grafana.boards import BOARDS, OF_JUDGED, QUERIES, Query, panels

PANELS = {f"{uid}-{panel['id']}": panel for uid, board in BOARDS.items() for panel in panels(board)}

LABELS = {KIND: "task", JUDGE: "backend"}
"""Label of a variable that has another name than it."""


def is_merged(panel: dict[str, Any]) -> bool:
    """Whether the panel is a table whose columns are known beforehand."""
    return bool(panel["type"] == "table" and panel["transformations"][0]["id"] == "merge")


EACH_QUERY = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
EACH_BOARD = pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))
EACH_PANEL = pytest.mark.parametrize("panel", PANELS.values(), ids=list(PANELS))


def strings(value: Any) -> list[str]:
    """Every string in a JSON value."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


@EACH_BOARD
def test_boards_agree_on_what_makes_them_one_family(board: dict[str, Any]) -> None:
    assert board["schemaVersion"] == 39
    assert board["tags"] == ["llm-quality"]
    since = "now-30d" if board["uid"] in OF_JUDGED else "now-6h"
    assert (board["refresh"], board["time"], board["graphTooltip"]) == ("30s", {"from": since, "to": "now"}, 1)
    assert board["editable"] is False
    assert "id" not in board
    assert re.fullmatch(r"[a-z-]{1,40}", board["uid"])
    assert board["description"]
    (link,) = board["links"]
    assert (link["type"], link["tags"], link["includeVars"], link["keepTime"]) == ("dashboards", ["llm-quality"], True, True)


@EACH_BOARD
def test_a_board_asks_few_questions_at_once(board: dict[str, Any]) -> None:
    at_once = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len(at_once) <= 24


@EACH_BOARD
def test_variables_are_the_data_source_and_the_chained_key(board: dict[str, Any]) -> None:
    source, *variables = board["templating"]["list"]
    assert (source["type"], source["query"], source["name"]) == ("datasource", "prometheus", "datasource")
    names = {"llmq-sessions": [KIND], "llmq-tools": list(AGENTS), "llmq-evaluations": [JUDGE]}.get(board["uid"], list(KEY))
    assert [variable["name"] for variable in variables] == names
    for position, variable in enumerate(variables):
        assert variable["allValue"] == (".*" if variable["name"] == "agent" else ".+"), "a tool can be called by nobody we know"
        assert variable["multi"] is variable["includeAll"] is True
        assert variable["refresh"] == 2, "values follow the time range"
        assert variable["current"]["value"] == ["$__all"]
        assert variable["query"]["query"] == variable["definition"]
        assert variable["definition"].endswith(f", {LABELS.get(variable['name'], variable['name'])})")
        assert re.findall(r"\$\{(\w+):regex\}", variable["definition"]) == names[:position], "each narrows the next"


@EACH_BOARD
def test_no_variable_offers_a_value_that_could_leave_its_string(board: dict[str, Any]) -> None:
    offered = re.compile(SAFE_VALUES.strip("/"))
    assert all(variable["regex"] == SAFE_VALUES for variable in board["templating"]["list"][1:])
    assert offered.search("gpt-4.1 <img onerror=x>")
    assert not offered.search("a`} or vector(1) #")
    assert not offered.search('"} or vector(1)')


@EACH_BOARD
def test_severe_drift_is_an_annotation_of_the_state(board: dict[str, Any]) -> None:
    (drift,) = [each for each in board["annotations"]["list"] if not each.get("builtIn")]
    assert drift["expr"].endswith("== 3")
    assert drift["enable"] is True
    assert drift["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@EACH_PANEL
def test_a_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert panel["title"]
    read = list(dict.fromkeys(name for target in panel["targets"] for name in names_in(target["expr"])))
    explanation, _, ending = panel["description"].rpartition("\n\n")
    assert explanation.endswith(".")
    assert ending == f"Metrics: {', '.join(f'`{name}`' for name in read)}."
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]


@EACH_PANEL
def test_only_panels_of_known_kinds_and_none_with_html(panel: dict[str, Any]) -> None:
    assert panel["type"] in {"stat", "timeseries", "state-timeline", "heatmap", "bargauge", "table"}
    assert not re.search(r"<\w", json.dumps(panel))
    assert '"sanitize-html"' not in json.dumps(panel)


@EACH_PANEL
def test_targets_have_their_own_refs_and_the_chosen_data_source(panel: dict[str, Any]) -> None:
    refs = [target["refId"] for target in panel["targets"]]
    assert len(refs) == len(set(refs))
    assert all(each["datasource"] == {"type": "prometheus", "uid": "${datasource}"} for each in (panel, *panel["targets"]))


@pytest.mark.parametrize("panel", [panel for panel in PANELS.values() if is_merged(panel)], ids=lambda panel: panel["title"])
def test_fields_that_overrides_and_sorting_name_exist_on_the_table(panel: dict[str, Any]) -> None:
    shown = set(panel["transformations"][1]["options"]["renameByName"].values())
    named = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"] if each["matcher"]["id"] == "byName"}
    assert named | {each["displayName"] for each in panel["options"]["sortBy"]} <= shown


@EACH_QUERY
def test_variables_stand_in_raw_strings_by_their_regex_format_only(query: Query) -> None:
    without_safe = re.sub(r"=~`\$\{(?:backend|model|task|agent|tool|kind|judge):regex\}(?:\|\w*)?`", "", query.expr)
    ours = without_safe.replace("$__rate_interval", "").replace("$__range", "").replace('"$1"', "")
    assert "$" not in ours


@EACH_QUERY
def test_rates_take_the_window_that_fits_the_scrape_interval(query: Query) -> None:
    windows = set(re.findall(r"(?:rate|increase|irate)\([^\[]*\[([^\]]+)\]", query.expr))
    assert windows <= {"$__rate_interval", "$__range"}
    if "$__range" in windows:
        assert query.target["instant"], "a window as wide as the board is for one number, not for a curve"


@EACH_BOARD
def test_links_carry_values_of_fields_percent_encoded(board: dict[str, Any]) -> None:
    urls = [text for text in strings(board) if text.startswith("/d/")]
    for url in urls:
        values = re.findall(r"\$\{__data[^}]*\}", url)
        assert values
        assert all(re.fullmatch(r"\$\{__data\.fields\.\w+:percentencode\}", value) for value in values)
        assert url.split("?")[0].removeprefix("/d/") in BOARDS
        assert "${datasource:queryparam}" in url
        assert "${__url_time_range}" in url


@EACH_PANEL
def test_a_linked_table_has_the_fields_that_its_links_read(panel: dict[str, Any]) -> None:
    read = {name for text in strings(panel["fieldConfig"]) for name in re.findall(r"__data\.fields\.(\w+)", text)}
    if read:
        renamed = {title for step in panel["transformations"] for title in step["options"].get("renameByName", {}).values()}
        assert read <= renamed

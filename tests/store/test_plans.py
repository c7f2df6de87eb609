"""No question that adds up history reads whole rows of all of it: SQLite says how it would answer each one."""

import re

import pytest

from otel_quality.store import statements
from otel_quality.store.sqlite import Sqlite

ASKED = {
    name: statement
    for name, statement in vars(statements).items()
    if name.isupper() and not name.startswith("_") and isinstance(statement, str) and statement.lstrip().startswith("SELECT")
}


@pytest.mark.parametrize("name", sorted(ASKED.keys() - {"ADAPTATIONS"}))
def test_executions_and_sessions_are_never_scanned_without_an_index(name: str) -> None:
    database = Sqlite(None)
    values = dict.fromkeys(re.findall(r":(\w+)", ASKED[name]))
    plan = [row[3] for row in database.query(f"EXPLAIN QUERY PLAN {ASKED[name]}", values)]
    database.close()
    assert not [step for step in plan if re.fullmatch(r"SCAN (executions|sessions|predictions)", step)]


@pytest.mark.parametrize(
    "name", ["TOOLS", "TOOLS_EVER", "AGENTS", "AGENT_PERFORMANCE", "MODEL_PERFORMANCE", "MODEL_SESSIONS", "AGGREGATED", "PATTERN"]
)
def test_what_is_asked_often_reads_an_index_alone(name: str) -> None:
    database = Sqlite(None)
    values = dict.fromkeys(re.findall(r":(\w+)", ASKED[name]))
    plan = [row[3] for row in database.query(f"EXPLAIN QUERY PLAN {ASKED[name]}", values)]
    database.close()
    assert any("COVERING INDEX" in step for step in plan), plan

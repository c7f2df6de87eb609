"""What is PostgreSQL's own: its schema, two that start at once, a lost connection, what is in the way of opening it."""

import subprocess
import sys
import threading

import psycopg
import pytest

from otel_quality.store.contract import Config
from otel_quality.store.opening import open_store
from otel_quality.store.postgres import Postgres
from otel_quality.store.sql import SqlStore
from otel_quality.vocabulary.errors import StoreRefused, StoreUnavailable
from tests.flow.programs import until
from tests.store.samples import NOW, execution, grade, session
from tests.store.server import Server


def test_history_has_a_schema_of_its_own(postgres: Server) -> None:
    url = postgres.database("own_schema")
    store = open_store(Config(url=url), data_dir=None)
    store.close()
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'sessions'").fetchall()
        assert rows == [("otel_quality",)]
        connection.execute("INSERT INTO otel_quality.migrations VALUES (99, 0)")
    with pytest.raises(StoreRefused, match="schema 99"):
        open_store(Config(url=url), data_dir=None)


def test_two_that_start_at_once_make_one_schema(postgres: Server) -> None:
    url = postgres.database("at_once")
    opened: list[object] = []
    threads = [threading.Thread(target=lambda: opened.append(open_store(Config(url=url), data_dir=None).counts())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4


def test_a_lost_connection_is_an_error_once_and_nothing_of_its_transaction_is_kept(postgres: Server) -> None:
    url = postgres.database("lost")
    store = open_store(Config(url=url), data_dir=None)
    store.put_executions([execution()])

    def lose() -> None:
        with store.transaction():
            store.put_executions([execution()])
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'otel-quality'")
            store.put_session(session(), grade(), source="spans", now_ns=NOW)

    with pytest.raises(StoreUnavailable, match="PostgreSQL: "):
        lose()
    assert store.counts()["executions"] == 1
    store.close()


def test_after_a_caught_loss_the_rest_of_the_transaction_is_refused(postgres: Server) -> None:
    url = postgres.database("rest")
    database = Postgres(url)
    store = SqlStore(database)

    def lose() -> None:
        with store.transaction():
            database.close()
            store.put_executions([execution()])

    with pytest.raises(StoreUnavailable, match="lost inside of a transaction"):
        lose()
    store.put_executions([execution()])
    assert store.counts()["executions"] == 1
    store.close()


def test_a_run_is_one_processors_until_it_lets_go_or_is_gone(postgres: Server) -> None:
    url = postgres.database("claims")
    first, second = (open_store(Config(url=url), data_dir=None) for _ in range(2))
    assert (first.claim_run("r1"), first.claim_run("r1"), second.claim_run("r1"), second.claim_run("r2")) == (True, True, False, True)
    second.release_run("r1")
    assert not second.claim_run("r1"), "what was not claimed is not let go"
    first.release_run("r1")
    assert (second.claim_run("r1"), first.claim_run("r1")) == (True, False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'otel-quality'")
    for store in (first, second):
        with pytest.raises(StoreUnavailable):
            store.counts()
    assert second.counts()["runs"] == 0
    assert not first.claim_run("r1"), "a connection that was lost is made again, and claims again"
    second.close()
    until(lambda: first.claim_run("r1"), 30, "the server to notice")
    first.close()


def test_what_was_claimed_stays_so_where_the_server_has_not_noticed_that_the_connection_is_lost(postgres: Server) -> None:
    url = postgres.database("unnoticed")
    database, other = Postgres(url), Postgres(url)
    assert database.claim("r1")
    unnoticed, database._connection = database._connection, None
    assert database.query("SELECT 1", {}) == [(1,)]
    assert unnoticed is not None
    with pytest.raises(psycopg.OperationalError):
        unnoticed.execute("SELECT 1")
    assert not other.claim("r1")
    database.release("r1")
    assert other.claim("r1")
    for each in (database, other):
        each.close()


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("postgresql:///x?host=/nowhere", StoreUnavailable, "PostgreSQL: .*/nowhere"),
        ("postgresql://user:secret@127.0.0.1:1/x", StoreUnavailable, "PostgreSQL: .*refused"),
        ("postgresql://h/x?colour=blue", StoreRefused, "store.url is no address of PostgreSQL: .*colour"),
    ],
)
def test_what_is_wrong_with_an_address_is_told_without_its_password(url: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        open_store(Config(url=url), data_dir=None)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_without_rights_is_told_which_it_needs(postgres: Server) -> None:
    url = postgres.database("no_rights")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreRefused, match="needs CREATE on the database"):
        open_store(Config(url=url.replace("nobody@", "guest@")), data_dir=None)


def test_without_psycopg_the_extra_is_named() -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from otel_quality.store.postgres import Postgres\n"
        "try: Postgres('postgresql://h/x')\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "store.url is PostgreSQL, and psycopg is not installed: pip install 'otel-quality[postgres]'"


@pytest.mark.parametrize(
    "password", ["p/secret", "p@secret", "p%zzsecret", "p secret", "p@secret:5432/x?"], ids=["slash", "at", "percent", "space", "both"]
)
def test_a_password_that_would_be_read_as_something_else_is_a_wrong_setting(password: str) -> None:
    for url in (f"postgresql://user:{password}@127.0.0.1:1/x", f"postgresql://127.0.0.1:1/x?password={password}"):
        with pytest.raises(ValueError, match="write / as %2F") as caught:
            Config(url=url)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://u:p%2Fw@h:5432/x", "postgresql://h:5432/x?application_name=a@b", "postgresql://u:1234@h/x"])
def test_an_address_that_can_be_read_is_taken(url: str) -> None:
    assert Config(url=url).url == url


@pytest.mark.parametrize("wrong", ["mysql://h/x", "history.sqlite"])
def test_an_address_of_something_else_is_a_wrong_setting(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be empty"):
        Config(url=wrong)

"""A PostgreSQL of its own for the tests: a cluster in a temporary folder, reached through a socket in it, never over the network."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.debian import find

USER = "nobody"
"""Whom the server runs as where the tests are root's: it refuses to be root."""


@dataclass
class Server:
    """A running cluster; the databases in it are made by `database`."""

    folder: Path
    programs: Path

    def run(self, *words: str) -> None:
        """One of its programs, as the user that may."""
        prefix = ("runuser", "-u", USER, "--") if os.geteuid() == 0 else ()
        done = subprocess.run([*prefix, self.programs / words[0], *words[1:]], cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=on -c shared_buffers=32MB -c max_connections=20"
        self.run("pg_ctl", "-w", "-t", "60", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-w", "-D", str(self.folder / "data"), "-m", mode, "stop")

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def database(self, name: str) -> str:
        """Address of a new, empty database."""
        self.run("createdb", "-h", str(self.folder), "-U", USER, name)
        return self.url(name)


@contextmanager
def running() -> Iterator[Server]:
    """A server that is gone afterwards; skips the test where PostgreSQL is missing."""
    initdb = find("initdb")
    if initdb is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    # Not in pytest's folder: a socket's path must be short, and another user must reach it.
    folder = Path(tempfile.mkdtemp(prefix="oq-pg-"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    server = Server(folder, Path(initdb).resolve().parent)
    try:
        server.run("initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

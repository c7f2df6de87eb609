"""What the pages show works: Python runs, commands exist with their options, files parse, links lead somewhere."""

import importlib.util
import itertools
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import click
import pytest
import yaml

from otel_quality.cli.group import commands as tree
from tests.house.pages import ROOT, Block, blocks, commands, links, mentions, pages

ELSEWHERE: Final = frozenset(
    {"cd", "curl", "export", "git", "pip", "python", "python3", "promtool", "amtool", "otelcol-contrib", "jq", "sqlite3"}
)
"""Programs that a page may show without our being able to check more than their name."""
KNOWN: Final = frozenset({"text", "promql", "mermaid", "python", "console", "bash", "toml", "yaml", "json", "dockerfile"})


class Receiver(BaseHTTPRequestHandler):
    """Takes whatever a page's Python sends, so that no page waits for a server that is not there."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


every_page = pytest.mark.parametrize("page", pages(), ids=str)


def left_out(block: Block) -> bool:
    return block.mark.startswith("not run: ")


@every_page
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, endpoint: str, tmp_path: Path) -> None:
    parts = [f"# line {block.line}\n" + ("" if left_out(block) else block.text) for block in blocks(page, "python")]
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_QUALITY_API_URL": endpoint, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(parts)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@every_page
def test_python_that_is_not_run_is_python_at_least(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block.text, str(block), "exec")


def check_otel_quality(words: list[str]) -> None:
    context = click.Context(tree)
    if words and words[0] in {"--help", "--version"}:
        return
    command = tree.get_command(context, words[0])
    assert command is not None, f"no command {words[0]}"
    while isinstance(command, click.Group) and words[1:] and not words[1].startswith("-"):
        found = command.get_command(click.Context(command), words[1])
        assert found is not None, f"no command {' '.join(words[:2])}"
        command, words = found, words[1:]
    command.make_parser(click.Context(command, info_name=words[0])).parse_args(list(words[1:]))


def check_make(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in words if "=" not in word} <= targets


def check_docker(words: list[str]) -> None:
    if words[0] != "compose":
        return
    profiles = {
        name
        for service in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
        for name in service.get("profiles", [])
    }
    for option, value in itertools.pairwise(words):
        assert option != "--profile" or value in profiles, f"no profile {value}"
        assert option != "-f" or (ROOT / value).exists(), f"no file {value}"


CHECKS: Final[dict[str, Callable[[list[str]], None]]] = {
    "otel-quality": check_otel_quality,
    ".venv/bin/otel-quality": check_otel_quality,
    "make": check_make,
    "docker": check_docker,
}


@every_page
def test_commands_exist_with_their_options(page: Path) -> None:
    for block in blocks(page, "console", "bash"):
        for name, *words in [] if left_out(block) else commands(block):
            if name in CHECKS:
                CHECKS[name](words)
                continue
            assert name in ELSEWHERE, f"{block}: {name} is none of ours and none that the rules know"
            if words[:1] == ["-m"]:
                assert importlib.util.find_spec(words[1]), f"{block}: no module {words[1]}"
    for name, *words in mentions(page, *CHECKS):
        if name in CHECKS:
            CHECKS[name](words)


@every_page
def test_configuration_is_accepted(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "toml"):
        tomllib.loads(block.text)
        file = tmp_path / "otel-quality.toml"
        file.write_text(block.text)
        command = [sys.executable, "-m", "otel_quality", "check-config", str(file)]
        if not left_out(block):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{block}: {done.stderr}"


@every_page
def test_data_parses(page: Path) -> None:
    for block in blocks(page, "yaml", "json"):
        (yaml.safe_load if block.language == "yaml" else json.loads)(block.text)


@every_page
def test_every_block_names_a_language_that_these_rules_know(page: Path) -> None:
    for block in blocks(page):
        assert block.language in KNOWN, str(block)
        assert not block.mark or left_out(block), str(block)


@every_page
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    missing = [target for target in links(page) if not (ROOT / page.parent / target).exists()]
    assert not missing

"""The Python files of the checkout, read once for the rules that look at sources."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = ("otel_quality", "benchmarks", "grafana", "prometheus", "tools")
"""Folders of what is not a test."""
WRITTEN_BY_PROGRAMS: Final = frozenset({"otel_quality/wire/otlp_pb2.py"})


def files(*folders: str) -> list[Path]:
    """Hand-written Python files, relative to the checkout, in order."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    kept = (path.relative_to(ROOT) for path in found if "node_modules" not in path.parts)
    return sorted(path for path in kept if str(path) not in WRITTEN_BY_PROGRAMS)


def tree(path: Path) -> ast.Module:
    """The syntax tree of a file named relative to the checkout."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def strings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is not a docstring, the fixed parts of f-strings included."""
    bare = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.lineno, node.value


def names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported or reached by attributes, such as `time.sleep`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)

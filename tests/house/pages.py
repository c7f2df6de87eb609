"""The pages a user reads, taken apart: fenced blocks, shell commands, links.

A block's language is the first word after the fence. `not run: <reason>` after it keeps a Python block from being run and
a shell or TOML block from being checked; the reason is for the reader of the page's source.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^( *)```(\S*) *(.*?)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_BETWEEN: Final = {"|", "||", "&&", ";", "&"}
_INTO: Final = {">", ">>", "<", "2>", "&>"}


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: where it is, what language its fence names, what follows that name, and its text."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """README.md and everything in docs/, relative to the checkout."""
    return [path.relative_to(ROOT) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]


def read(page: Path) -> str:
    return (ROOT / page).read_text()


def blocks(page: Path, *languages: str) -> list[Block]:
    """The page's blocks, of these languages or of all, in order."""
    text = read(page)
    found = [
        Block(page, text.count("\n", 0, match.start()) + 1, match[2], match[3], re.sub(f"^{match[1]}", "", match[4], flags=re.MULTILINE))
        for match in _FENCE.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


def commands(block: Block) -> Iterator[list[str]]:
    """The shell commands of a block as words, without variables set in front of them and without redirections.

    In a `console` block they follow `$ `, the rest is output; in a `bash` block every line is one.
    """
    for line in block.text.replace("\\\n", " ").splitlines():
        if block.language == "console":
            prompt, shown, line = line.partition("$ ")
            if prompt or not shown:
                continue
        yield from split(line)


def split(line: str) -> Iterator[list[str]]:
    """The commands of one shell line, taken apart at pipes and the like."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if word not in _BETWEEN:
            words.append(word)
            continue
        kept = [each for each, before in zip(words, ["", *words], strict=False) if each not in _INTO and before not in _INTO]
        while kept and re.match(r"[A-Z_]+=", kept[0]):
            del kept[0]
        if kept:
            yield kept
        words = []


def mentions(page: Path, *programs: str) -> Iterator[list[str]]:
    """Commands of these programs outside fenced blocks: in `code` and in indented blocks."""
    text = _FENCE.sub("", read(page)).replace("\\\n", " ")
    shown = re.findall(r"(?<!`)`([^`]+)`(?!`)", text) + re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE)
    for line in shown:
        if any(line.startswith((f"{program} ", f"$ {program} ")) for program in programs):
            yield from split(" ".join(line.removeprefix("$ ").split()))


def links(page: Path) -> list[str]:
    """Targets of the page's links and pictures that lie in the checkout, without their anchors."""
    text = _FENCE.sub("", read(page))
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]

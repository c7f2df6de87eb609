"""`python -m grafana.pictures`: draw the dashboards anew, as previews made with Grafana's front-end packages.

Fills a Prometheus with the scenario, builds the previewer where its packages are not in the cache yet, and draws. Without
arguments: the pictures of docs/; `--all FOLDER`: every board in every state at both widths, to look at.

Needs prometheus, promtool, chromium, node and npm; says which is missing. No Grafana server is asked or imitated: what a
picture shows is what Grafana's own components draw, with the exceptions that preview/README.md names.

Decision: packages are installed in the cache folder, not in the checkout, because they are half a gigabyte that every
search and linter would walk through.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from grafana.__main__ import FOLDER
from grafana.backfill import of_hours, of_judged, of_weeks, served, write_blocks
from grafana.judged import JUDGED
from grafana.scenario import MOMENTS
from grafana.weeks import WEEKS
from tools import go

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
PREVIEW: Final = Path(__file__).parent / "preview"
WIDTHS: Final = (1600, 1000)
_NEEDED: Final = {"prometheus": "prometheus", "promtool": "prometheus", "chromium": "chromium", "node": "nodejs", "npm": "npm"}
"""Program to Debian package."""


class Picture(NamedTuple):
    """One picture: a board, a moment of the scenario, a width in pixels, and the backend chosen on it (empty: all)."""

    board: str
    moment: str
    width: int
    backend: str = ""

    @property
    def name(self) -> str:
        return f"{self.board}-{self.moment}-{self.width}.png"


SHOWN: Final = (
    Picture("overview", "healthy", 1600),
    Picture("overview", "alarmed", 1600),
    Picture("overview", "alarmed", 1000),
    Picture("overview", "empty", 1000),
    Picture("drift", "alarmed", 1600),
    Picture("backend", "alarmed", 1600, "groq"),
    Picture("sessions", "bad", 1600),
    Picture("tools", "bad", 1600),
    Picture("evaluations", "bad", 1600),
)
"""What docs/ shows."""
STORIES: Final = {
    **dict.fromkeys(("overview", "drift", "backend"), MOMENTS),
    **dict.fromkeys(("sessions", "tools"), WEEKS),
    "evaluations": JUDGED,
}
"""By board, the moments at which it is looked at."""
EVERYTHING: Final = tuple(
    Picture(board, moment, width, "groq" if board == "backend" else "")
    for board, moments in STORIES.items()
    for moment in moments
    for width in WIDTHS
)


def main(argv: list[str] | None = None) -> int:
    """Draw; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grafana.pictures", description="Draw the dashboards to docs/pictures.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every board, state and width, into this folder instead")
    folder = parser.parse_args(argv).all
    missing = [f"{program} (apt-get install {package})" for program, package in _NEEDED.items() if shutil.which(program) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        draw(EVERYTHING if folder else SHOWN, folder or PICTURES)
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(map(str, error.cmd))} failed", file=sys.stderr)
        return 1
    return 0


def draw(pictures: tuple[Picture, ...], folder: Path) -> None:
    """Draw into a folder, which is made where it is missing.

    Raises:
        subprocess.CalledProcessError: a step failed; it has said why.
    """
    page = built_preview()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="grafana-pictures-") as temporary:
        data = write_blocks(Path(temporary), chain(of_hours(), of_weeks(), of_judged()))
        with served(data) as url:
            for picture in pictures:
                _shoot(page, url, picture, folder / picture.name)


def _shoot(page: Path, url: str, picture: Picture, out: Path) -> None:
    moment = STORIES[picture.board][picture.moment]
    chosen = f"&var-backend={picture.backend}" if picture.backend else ""
    query = f"&from={moment.from_s}000&to={moment.to_s}000{chosen}"
    board = FOLDER / f"llmq-{picture.board}.json"
    _run("node", page / "shoot.mjs", page / "dist", board, url, out, picture.width, query)


def built_preview() -> Path:
    """The folder of the built previewer; installs its packages the first time, about a minute and half a gigabyte."""
    lock = hashlib.sha256((PREVIEW / "package-lock.json").read_bytes()).hexdigest()[:12]
    home = go.cache() / f"grafana-preview-{lock}"
    installed = home / "installed"
    for name in ("package.json", "package-lock.json", ".npmrc", "build.mjs", "shoot.mjs", "index.html"):
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(PREVIEW / name, home / name)
    if not installed.exists():
        print(f"installing the previewer's packages in {home}", flush=True)
        _run("npm", "ci", "--ignore-scripts", "--loglevel", "error", at=home)
        installed.touch()
    shutil.rmtree(home / "src", ignore_errors=True)
    shutil.copytree(PREVIEW / "src", home / "src")
    _run("npm", "run", "--silent", "build", at=home)
    return home


def _run(*command: object, at: Path | None = None) -> None:
    subprocess.run([str(word) for word in command], cwd=at, check=True)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

"""`python -m grafana`: write the dashboards; `--check`: fail where one on disk is not what the code says."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from grafana.boards import BOARDS

FOLDER: Final = Path(__file__).parent / "dashboards"


def rendered(board: dict[str, Any]) -> str:
    """The text of a dashboard's file."""
    return json.dumps(board, indent=2, ensure_ascii=False) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Write or check; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grafana", description="Write the dashboards to grafana/dashboards.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is not up to date")
    check = parser.parse_args(argv).check
    wanted = {FOLDER / f"{board['uid']}.json": rendered(board) for board in (build() for build in BOARDS)}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    stray = sorted(set(FOLDER.glob("*.json")) - set(wanted))
    if not check:
        FOLDER.mkdir(exist_ok=True)
        for path in stale:
            path.write_text(wanted[path], "utf-8")
            print(f"wrote {path}")
        return 0
    for path in [*stale, *stray]:
        print(f"{path.name}: {'no board of this name' if path in stray else 'out of date'}; run python -m grafana", file=sys.stderr)
    return 1 if stale or stray else 0


if __name__ == "__main__":
    sys.exit(main())

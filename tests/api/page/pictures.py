"""`python -m tests.api.page.pictures`: draw the built-in page's pictures in docs/ anew, in the system's Chromium, from made-up figures."""

import shutil
import sys
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import sync_playwright

from otel_quality.core.snapshot import Card, Key, Snapshot
from tests import samples
from tests.api.page.shown import SESSION, served

FOLDER: Final = Path(__file__).parents[3] / "docs" / "pictures" / "page"


class Picture(NamedTuple):
    """One picture: an address, the colours, and the width and height in pixels."""

    name: str
    path: str
    scheme: str
    width: int
    height: int


PICTURES: Final = (
    Picture("now", "/?task=code", "light", 1280, 900),
    Picture("session", f"/sessions/{SESSION}", "dark", 1280, 1400),
    Picture("narrow", "/?task=code", "dark", 390, 844),
)
_FIGURES: Final = (
    ("anthropic", 95.1, (91.9, 96.8), 100, 1, 640.0),
    ("gemini", 93.4, (89.6, 95.5), 100, 3, 710.0),
    ("kimi-coding", 88.0, (79.4, 92.1), 38, 3, 1480.0),
    ("groq", 71.6, (64.8, 77.5), 100, 24, 210.0),
)


def _card(backend: str, task: str | None, at: int) -> Card:
    _, score, interval, count, errors, latency_ms = _FIGURES[at]
    values = {"score": score, "interval": interval, "samples": count, "errors": errors, "successes": count - errors}
    success = (count - errors) / count
    components = {"success": success, "error": 1 - errors / count, "refusal": 1.0, "timeout": 1.0, "latency": 1 - latency_ms / 10_000}
    return samples.card(Key(backend, None, task), mean_latency_ms=latency_ms, components=components, **values)


def snapshot() -> Snapshot:
    """Four backends at two tasks, one of them in severe drift."""
    cards = [_card(figures[0], task, at) for at, figures in enumerate(_FIGURES) for task in ("code", "research", None)]
    reason = "length_collapse_ratio 0.11 < 0.50 (median output tokens 415 -> 45); error_rate 0.24 > 0.15"
    drifting = samples.verdict(Key("groq", "llama-4", "code"), state="severe", severity="severe", reason=reason)
    stable = [samples.verdict(Key(figures[0], "model", "code")) for figures in _FIGURES[:3]]
    return samples.snapshot(cards, [drifting, *stable])


def main() -> int:
    """0 where all were drawn, else 2 with one line that says what is missing."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("needs chromium: apt-get install --no-install-recommends chromium", file=sys.stderr)
        return 2
    with served() as server, sync_playwright() as playwright:
        server.processor.present = snapshot()
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False, args=["--disable-dev-shm-usage"])
        for picture in PICTURES:
            size = {"width": picture.width, "height": picture.height}
            with browser.new_page(color_scheme=picture.scheme, viewport=size) as page:  # type: ignore[arg-type]
                page.goto(server.url + picture.path)
                page.screenshot(path=FOLDER / f"{picture.name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

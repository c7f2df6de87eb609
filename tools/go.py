"""Programs that the tests run and that Go builds: the OpenTelemetry Collector, and Compose's own reader of its files.

`python -m tools.go` builds what is missing, once, and keeps it outside the checkout; `collector()` and `compose_reader()` tell
where. Builds nothing behind a test's back and takes no other Collector that happens to be installed: its components would be others.

Decision: the Collector's builder writes the sources, we write the module file. A plain run of the builder tidies its module file
too, which asks for modules that only the components' own tests use and that not every proxy has.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import yaml

MANIFEST: Final = Path(__file__).parents[1] / "collector" / "builder.yaml"
COMPONENTS: Final = ("receivers", "processors", "exporters", "connectors", "extensions", "providers")
"""The manifest's lists of modules."""
COMPOSE_READER: Final = "github.com/compose-spec/compose-go/v2/cmd@v2.16.2"
"""What docker compose reads files with; the command prints them merged, or says what is wrong."""


def cache() -> Path:
    """Where finished programs are kept: `$XDG_CACHE_HOME/otel-quality`, or the same under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-quality"


def collector(manifest: Path = MANIFEST) -> Path:
    """Where the Collector of a manifest is, or would be once it is built."""
    return cache() / f"collector-{hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]}" / "otelcol-quality"


def compose_reader() -> Path:
    """Where the reader of Compose files is, or would be."""
    return cache() / f"compose-{COMPOSE_READER.rpartition('@')[2]}" / "compose-reader"


def find_go() -> str | None:
    """Path of the go command, also where it is installed but on nobody's PATH; None without one."""
    return shutil.which("go") or shutil.which("/usr/local/go/bin/go")


def build_collector(go: str, folder: Path, manifest: Path = MANIFEST) -> Path:
    """Build it in an empty folder: about three minutes on two cores, and 42 MB."""
    wanted = yaml.safe_load(manifest.read_text())
    version = wanted["dist"]["version"]
    parts = [part["gomod"] for name in COMPONENTS for part in wanted.get(name, [])]
    modules = [part.replace(" ", "@") for part in (*parts, f"go.opentelemetry.io/collector/otelcol v{version}")]
    sources = folder / "dist"
    shutil.copy(manifest, folder / MANIFEST.name)
    _run([go, "install", f"go.opentelemetry.io/collector/cmd/builder@v{version}"], folder, GOBIN=str(folder))
    _run(["./builder", "--config", MANIFEST.name, "--skip-get-modules", "--skip-compilation"], folder)
    _run([go, "mod", "init", "otelcol-quality"], sources)
    _run([go, "mod", "edit", *(f"-require={module}" for module in modules)], sources)
    _run([go, "build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", "otelcol-quality", "."], sources)
    return sources / "otelcol-quality"


def build_compose_reader(go: str, folder: Path) -> Path:
    """Build it in an empty folder: a few seconds."""
    _run([go, "install", COMPOSE_READER], folder, GOBIN=str(folder))
    return folder / "cmd"


PROGRAMS: Final = (
    ("the Collector (about 3 minutes, once)", collector, build_collector),
    ("the reader of Compose files (once)", compose_reader, build_compose_reader),
)


def _run(command: list[str], folder: Path, **environment: str) -> None:
    environment = {**os.environ, "CGO_ENABLED": "0", **environment}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


def main() -> int:
    """Build what is missing; 0 where everything is there in the end, else 1 with a line for each that is not."""
    missing = [program for program in PROGRAMS if not program[1]().exists()]
    go = find_go()
    if missing and go is None:
        print("the go command is not installed: the tests with the real Collector are skipped", file=sys.stderr)
        return 1
    failed = 0
    for name, path, build in missing:
        print(f"building {name}", flush=True)
        target = path()
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            try:
                build(str(go), Path(folder)).replace(target)
            except subprocess.CalledProcessError as error:
                failed = 1
                print(f"not built: `{' '.join(error.cmd)}` failed: {error.stderr.strip()[-600:]}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())

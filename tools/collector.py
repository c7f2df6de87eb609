"""The OpenTelemetry Collector, built from collector/builder.yaml and kept outside the checkout.

`python -m tools.collector` builds it once; `binary()` tells where it is. Builds nothing behind a test's back and takes
no other Collector that happens to be installed: its components would be others.

Decision: the builder writes the sources, we write the module file. A plain run of the builder tidies its module file too,
which asks for modules that only the components' own tests use and that not every proxy has.
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
COMPONENTS: Final = ("receivers", "processors", "exporters", "extensions", "providers")
"""The manifest's lists of modules."""


def cache_home() -> Path:
    """Where finished builds are kept: `$XDG_CACHE_HOME/otel-quality`, or the same under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-quality"


def binary() -> Path:
    """Where the Collector of the present manifest is, or would be once it is built."""
    return cache_home() / f"collector-{hashlib.sha256(MANIFEST.read_bytes()).hexdigest()[:12]}" / "otelcol-quality"


def find_go() -> str | None:
    """Path of the go command, also where it is installed but on nobody's PATH; None without one."""
    return shutil.which("go") or shutil.which("/usr/local/go/bin/go")


def build(go: str) -> Path:
    """Build the Collector, about three minutes on two cores and 42 MB, and move it into the cache in one step.

    Raises:
        subprocess.CalledProcessError: a step failed; its output holds the reason.
    """
    target = binary()
    target.parent.mkdir(parents=True, exist_ok=True)
    manifest = yaml.safe_load(MANIFEST.read_text())
    version = manifest["dist"]["version"]
    parts = [part["gomod"] for name in COMPONENTS for part in manifest[name]]
    modules = [part.replace(" ", "@") for part in (*parts, f"go.opentelemetry.io/collector/otelcol v{version}")]
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        sources = Path(directory, "dist")
        shutil.copy(MANIFEST, directory)
        environment = os.environ | {"GOBIN": directory, "CGO_ENABLED": "0"}
        _run([go, "install", f"go.opentelemetry.io/collector/cmd/builder@v{version}"], Path(directory), environment)
        _run(["./builder", "--config", MANIFEST.name, "--skip-get-modules", "--skip-compilation"], Path(directory), environment)
        _run([go, "mod", "init", target.name], sources, environment)
        _run([go, "mod", "edit", *(f"-require={module}" for module in modules)], sources, environment)
        _run([go, "build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", target.name, "."], sources, environment)
        (sources / target.name).replace(target)
    return target


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)


def main() -> int:
    """Build unless it is there; 0 where the Collector is ready, 1 with one line that says why it is not."""
    if binary().exists():
        return 0
    go = find_go()
    if go is None:
        print("no Collector: the go command is not installed", file=sys.stderr)
        return 1
    print("building the Collector (about 3 minutes, once)", flush=True)
    try:
        build(go)
    except subprocess.CalledProcessError as error:
        print(f"no Collector: `{' '.join(error.cmd)}` failed: {error.stderr.strip()[-600:]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

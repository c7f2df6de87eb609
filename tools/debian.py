"""The real programs that tests run, from Debian: Prometheus and Alertmanager with promtool and amtool, PostgreSQL,
Chromium.

`python -m tools.debian` installs what is missing where apt-get and root are there, and says what to do where they are
not: the tests that need them are then skipped, and say so. Starts no service.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PACKAGES: Final = {
    "prometheus": ("prometheus", "promtool"),
    "prometheus-alertmanager": ("prometheus-alertmanager", "amtool"),
    "postgresql": ("initdb", "pg_ctl"),
    "chromium": ("chromium",),
    "libatomic1": ("libatomic.so.1",),  # of Playwright, which drives Chromium
}
"""Packages, and the programs or libraries that the tests want of each."""
POSTGRESQL: Final = Path("/usr/lib/postgresql")
"""Debian keeps PostgreSQL's programs off the PATH, in `<version>/bin` here."""
LIBRARIES: Final = Path("/usr")
"""Libraries are in `lib` or `lib64` here; Debian keeps them in a folder there that is named after the machine."""
POLICY: Final = Path("/usr/sbin/policy-rc.d")
"""Debian asks this program before it starts a service that it has just installed; 101 means no."""


def find(program: str) -> str | None:
    """Where a program is: on the PATH, else where Debian keeps the newest PostgreSQL's; where a library is."""
    if ".so" in program:
        return next(map(str, (*LIBRARIES.glob(f"lib*/{program}"), *LIBRARIES.glob(f"lib*/*/{program}"))), None)
    found = shutil.which(program)
    kept = sorted(POSTGRESQL.glob(f"*/bin/{program}"), key=lambda path: path.parts[-3].zfill(3))
    return found or (str(kept[-1]) if kept else None)


def missing() -> list[str]:
    """Packages of which a program is nowhere to be found."""
    return [package for package, programs in PACKAGES.items() if not all(map(find, programs))]


def install(packages: list[str]) -> None:
    """Install them quietly, with their services left off.

    Raises:
        subprocess.CalledProcessError: apt-get failed; its output holds the reason.
    """
    silence = not POLICY.exists()
    if silence:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", "-qq", *command], env=environment, check=True, capture_output=True, text=True)
    finally:
        if silence:
            POLICY.unlink()


def main() -> int:
    """0 where everything is there in the end, else 1 with one line that says what is not."""
    packages = missing()
    if not packages:
        return 0
    names = ", ".join(packages)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"no {names}: needs root and apt-get, or install it yourself", file=sys.stderr)
        return 1
    print(f"installing Debian packages {names}", flush=True)
    try:
        install(packages)
    except subprocess.CalledProcessError as error:
        print(f"no {names}: `{' '.join(error.cmd)}` failed: {error.stderr.strip()[-600:]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes .venv hold exactly what the lock says: `python3 tools/install.py server` or `... test`.

Runs on a bare Python 3.11 with the standard library, so it imports nothing of the project. It does nothing when a stamp
in .venv says that the same lock and the same pyproject.toml were installed before. `test` holds `server`.

Decision: pip and hashes, not a tool of its own: whoever has Python has it, and a changed file at the registry is an error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SETS = {"server": ("server",), "test": ("test", "server")}
"""What is asked for, and the stamps that its installation leaves: the first one is its own."""


def fingerprint(lock: str) -> str:
    """Hash of everything that decides what .venv must hold."""
    files = (ROOT / "requirements" / f"{lock}.txt", ROOT / "pyproject.toml")
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def stamp(lock: str) -> Path:
    """The file that holds the fingerprint of what was installed."""
    return VENV / f"installed-{lock}"


def works() -> bool:
    """Whether .venv has a Python that starts, of a version we run on, with pip."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    """Create .venv anew. Debian splits ensurepip off its Python: root gets it from apt, others are told the package."""
    package = f"python3.{sys.version_info.minor}-venv"
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode:
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid():
            sys.exit(f"{sys.executable} cannot make virtual environments: install ensurepip (Debian: apt-get install {package})")
        print(f"installing Debian package {package}", flush=True)
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            done = subprocess.run([apt, "-qq", *command], capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"apt-get {' '.join(command)} failed: {done.stderr.strip()[-600:]}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)


def main() -> None:
    """Install what is asked for, unless it is there."""
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in SETS:
        sys.exit(f"usage: python3 tools/install.py {'|'.join(SETS)}")
    if works() and stamp(wanted).exists() and stamp(wanted).read_text() == fingerprint(wanted):
        return
    if not works():
        print(f"creating .venv with {sys.executable}", flush=True)
        make_venv()
    print(f"installing the locked packages of requirements/{wanted}.txt", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / "requirements" / f"{wanted}.txt")]
    subprocess.run([*pip, *locked], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)
    for lock in SETS[wanted]:
        stamp(lock).write_text(fingerprint(lock))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"installation failed: `{' '.join(error.cmd)}` (its own message is above)")

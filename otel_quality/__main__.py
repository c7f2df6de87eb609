"""`otel-quality` and `python -m otel_quality`: hands over to the commands, if what they need is installed."""

import sys
from importlib.util import find_spec
from io import TextIOWrapper


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:  # while the commands are loaded; from then on click tells it
        sys.exit(130)


def _run() -> int:
    if find_spec("click") is None or find_spec("rich") is None:
        sys.stderr.write('otel-quality: this command needs the server extra: pip install "otel-quality[server]"\n')
        return 2
    if isinstance(sys.stdout, TextIOWrapper):
        # A name may hold what no encoding has, and a terminal's own may lack our marks: shown as an escape, not a failure.
        sys.stdout.reconfigure(errors="backslashreplace")
    from otel_quality.cli.group import run

    return run()


if __name__ == "__main__":
    main()

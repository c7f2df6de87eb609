"""The command line as a whole: which commands there are, and how every error of theirs is said.

One line on stderr, `otel-quality: ...`; exit 2 for a wrong call or configuration, 1 for a failure, 130 for Ctrl-C.
"""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

from otel_quality.cli.lazy import Lazy
from otel_quality.client import ApiError
from otel_quality.vocabulary.errors import ConfigError, OtelQualityError

COMMANDS: Final = {
    "serve": "Receive OTLP, score backends, watch for drift.",
    "demo": "Watch simulated backends, one of which gets worse.",
    "scores": "Report how good each backend is.",
    "recommend": "Say which backend to use for a task, and why.",
    "drift": "List drift verdicts, or clear their windows.",
    "sessions": "List, show and grade whole sessions.",
    "feedback": "Say how good a message of a session was.",
    "eval": "Have sessions judged, and see what judges say.",
    "tools": "Report how often tools succeed, and with whom.",
    "agents": "Report how well agents do, and whether they learn.",
    "models": "Report which model does best on which task.",
    "predict": "Predict whether an execution succeeds.",
    "adaptations": "List what rules changed, and the policies.",
    "report": "Report a week, or all that executions teach.",
    "doctor": "Say what arrives, what is missing and what to do.",
    "check-config": "Check a configuration and print what it means.",
}


def installed_version() -> str:
    """This package's version; "unknown" where it runs from a checkout that is not installed."""
    try:
        return version("otel-quality")
    except PackageNotFoundError:
        return "unknown"


@click.group(
    cls=Lazy,
    package="otel_quality.cli",
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(installed_version(), prog_name="otel-quality", message="%(prog)s %(version)s")
def commands() -> None:
    """How good each LLM backend is at each task, when it gets worse, and which to use instead.

    New here? `otel-quality demo` shows everything in under a minute and needs no other service.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:  # such as a full disk; the interpreter would tell it anew as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or (1 if isinstance(error, BrokenPipeError) else _say(str(error), 1))
    return code


def _run(arguments: list[str] | None) -> int:
    try:
        code = commands.main(arguments, prog_name="otel-quality", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code, hint=_hint(error))
    except click.Abort:
        return 130
    except ConfigError as error:
        for problem in error.problems:
            _say(problem, 2)
        return 2
    except ApiError as error:
        return _say(str(error), 2 if error.refused else 1)
    except (OtelQualityError, OSError) as error:  # of the system: such as a full disk under stdout
        return _say(str(error), 1)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int, *, hint: str = "") -> int:
    sys.stderr.write(f"otel-quality: {' '.join(message.split())}{hint}\n")
    return code


def _hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f" (see {context.command_path} --help)" if context else ""

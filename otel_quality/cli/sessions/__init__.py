"""`sessions ...`: one file per subcommand; `group` lists them."""

from otel_quality.cli.sessions.group import command

__all__ = ["command"]

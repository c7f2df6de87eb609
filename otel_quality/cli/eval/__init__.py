"""`eval ...`: one file per command; `group` lists them."""

from otel_quality.cli.eval.group import command

__all__ = ["command"]

"""Span dialects: which attribute of which emitter carries which field.

One file per dialect, each a table. A dialect is told by its marks; its keys say where a field stands, first present wins.
The contract suite tests/wire/dialects/contract.py holds for each of them.
"""

from typing import Final

from otel_quality.wire.dialects import otel, otel_1_36
from otel_quality.wire.dialects.dialect import Dialect

DIALECTS: Final[tuple[Dialect, ...]] = (otel.DIALECT, otel_1_36.DIALECT)
"""In order of detection: the first with a mark on the span wins."""

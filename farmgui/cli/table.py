"""How rows are printed, as a table for people or as JSON for programs; and how people are asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

from farmgui.cli.report import printable

T = TypeVar("T")
Columns: TypeAlias = dict[str, Callable[[T], str]]


def plain(row: Any) -> dict[str, Any]:
    """A frozen row as JSON holds it."""
    return {name: json_value(value) for name, value in asdict(row).items()}


def json_value(value: object) -> object:
    """`value` as JSON holds it: moments in ISO 8601, frames as numbers."""
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(name): json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item) for item in value]
    return value


def print_json(rows: object) -> int:
    """Print it; the exit status."""
    print(json.dumps(rows, indent=2))
    return 0


def print_table(columns: Columns[T], rows: Sequence[T]) -> int:
    """Print a line a row under the columns' names; the exit status."""
    lines = [list(columns), *([printable(text(row)) for text in columns.values()] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


def agreed(question: str) -> bool:
    """Whether the person says yes; no answer is none."""
    print(f"{question} [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")

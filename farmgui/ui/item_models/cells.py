"""What the cells of a table answer for each of the roles of `farmgui.ui.roles`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from farmgui.ui import roles
from farmgui.ui.columns import Align, Column
from farmgui.ui.palette import DARK, Colours
from farmgui.ui.texts import plain_tip

Row = TypeVar("Row")

LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Cells(Generic[Row]):
    """The answers for a column and a row; tinted texts are in `colours`."""

    def __init__(self) -> None:
        self.colours: Colours = DARK
        self._answers: Final[dict[int, Callable[[Column[Row], Row], object]]] = {
            roles.DISPLAY: _text,
            roles.EDIT: _edit,
            roles.ALIGNMENT: _alignment,
            roles.TOOL_TIP: _tip,
            roles.FOREGROUND: self._foreground,
            roles.ROW: lambda _column, row: row,
            roles.VALUE: _value,
            roles.NAME: lambda column, _row: column.edit or column.id,
        }

    def answer(self, column: Column[Row], row: Row, role: int) -> object:
        """The answer for one role; None for roles that say nothing here."""
        answer = self._answers.get(role)
        return None if answer is None else answer(column, row)

    def answer_all(self, column: Column[Row], row: Row, asked: Any) -> None:
        """The answers for all roles of `asked`, a QModelRoleDataSpan."""
        for number in range(asked.size()):
            one = asked[number]
            value = self.answer(column, row, one.role())
            if value is None:
                one.clearData()
            else:
                one.setData(value)

    def _foreground(self, column: Column[Row], row: Row) -> object:
        tint = "" if column.tint is None else column.tint(row)
        return _colour(getattr(self.colours, tint)) if tint else None


def alignment(column: Column[Any]) -> int:
    """Where the column's texts stand, as Qt says it."""
    return RIGHT if column.align is Align.RIGHT else LEFT


def _text(column: Column[Row], row: Row) -> object:
    return column.text(row)


def _value(column: Column[Row], row: Row) -> object:
    return column.text(row) if column.value is None else column.value(row)


def _edit(column: Column[Row], row: Row) -> object:
    return _value(column, row) if column.edit is not None else None


def _alignment(column: Column[Row], _row: Row) -> object:
    return alignment(column)


def _tip(column: Column[Row], row: Row) -> object:
    return plain_tip(column.text(row) if column.tip is None else column.tip(row))


@cache
def _colour(name: str) -> QColor:
    return QColor(name)

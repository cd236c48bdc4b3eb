"""Paints progress as a slim bar with its text: the parts of a job, or how far a task is."""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from farmgui.domain.counts import TaskCounts
from farmgui.ui.palette import Colours, colours_of
from farmgui.ui.roles import ROW, VALUE

_SELECTED: Final = QStyle.StateFlag.State_Selected
_PANEL: Final = QStyle.PrimitiveElement.PE_PanelItemViewItem
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_HEIGHT: Final = 6
_MARGIN: Final = 6
_GAP: Final = 8
_LEAST_BAR: Final = 24


class ProgressDelegate(QStyledItemDelegate):
    """ROW with `counts` gives the parts of the bar, else VALUE (0 to 1) its length; DisplayRole the text.

    `widest` is the longest text to be expected, so that the bars of a column end at one line.
    """

    def __init__(self, parent: object = None, widest: str = "100 %") -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._widest = widest

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint background, bar and text of one cell."""
        self.initStyleOption(option, index)
        text, rect = option.text, option.rect
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawPrimitive(_PANEL, option, painter, widget)
        colours = colours_of(option.palette)
        room = _text_width(option.fontMetrics, self._widest, text)
        bar = QRect(
            rect.left() + _MARGIN,
            rect.center().y() - _HEIGHT // 2 + 1,
            rect.width() - 2 * _MARGIN - (room + _GAP if text else 0),
            _HEIGHT,
        )
        if bar.width() >= _LEAST_BAR:
            _paint_bar(painter, bar, index, colours)
        if text:
            selected = bool(option.state & _SELECTED)
            painter.setPen(_colour(colours.selection_text if selected else colours.text))
            painter.drawText(rect.adjusted(_MARGIN, 0, -_MARGIN, 0), _RIGHT, text)


def bar_parts(counts: TaskCounts, width: int) -> tuple[tuple[str, int], ...]:
    """The widths in pixels of a job's done, failed and running parts, in this order.

    Each part that is not empty has at least one pixel, as far as there is room.
    """
    total, left, parts = counts.total, width, []
    for name, count in (("done", counts.done), ("failed", counts.failed), ("running", counts.active)):
        size = min(left, max(1, round(width * count / total))) if count and total else 0
        parts.append((name, size))
        left -= size
    return tuple(parts)


def _paint_bar(
    painter: QPainter, bar: QRect, index: QModelIndex | QPersistentModelIndex, colours: Colours
) -> None:
    painter.fillRect(bar, _brush(colours.track))
    x, y = bar.left(), bar.top()
    for name, width in _parts(index, bar.width()):
        if width:
            painter.fillRect(x, y, width, _HEIGHT, _brush(getattr(colours, name)))
            x += width


def _parts(index: QModelIndex | QPersistentModelIndex, width: int) -> tuple[tuple[str, int], ...]:
    row = index.data(ROW)
    counts = getattr(row, "counts", None)
    if counts is not None:
        return bar_parts(counts, width)
    value = index.data(VALUE)
    share = min(max(float(value), 0.0), 1.0) if isinstance(value, (int, float)) else 0.0
    state = str(getattr(row, "state", "running"))
    return ((state if state in ("done", "failed") else "running", round(width * share)),)


def _text_width(metrics: QFontMetrics, widest: str, text: str) -> int:
    return max(metrics.horizontalAdvance(widest), metrics.horizontalAdvance(text))


@cache
def _brush(colour: str) -> QBrush:
    return QBrush(QColor(colour))


@cache
def _colour(colour: str) -> QColor:
    return QColor(colour)

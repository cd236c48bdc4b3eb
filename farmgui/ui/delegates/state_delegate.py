"""Paints a state as a word with a shape of its own before it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from farmgui.ui.delegates import shapes
from farmgui.ui.palette import Colours, colours_of
from farmgui.ui.roles import ROW, VALUE

_HAS_DECORATION: Final = QStyleOptionViewItem.ViewItemFeature.HasDecoration
_SIZE: Final = QSize(shapes.SIZE, shapes.SIZE)
_TONES: Final = {
    "assigned": "running",
    "running": "running",
    "done": "done",
    "online": "done",
    "failed": "failed",
    "error": "failed",
    "paused": "paused",
    "stopping": "paused",
    "warning": "paused",
    "missing": "paused",
    "lost": "paused",
    "info": "accent",
}


def tone(shape: str, colours: Colours) -> str:
    """The colour of a state's or message's shape, as "#rrggbb"."""
    name = _TONES.get(shape, "queued")
    return str(getattr(colours, name))


def state_icon(state: str, palette: QPalette) -> QIcon:
    """The shape of `state` in its colour, readable on a row of `palette`, selected or not."""
    colours = colours_of(palette)
    return shapes.icon(state, tone(state, colours), colours.selection_text)


class StateDelegate(QStyledItemDelegate):
    """The state's word comes from the model (DisplayRole), the shape from VALUE and ROW.

    A task that is being stopped and an agent that is disabled have shapes of their own.
    """

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Put the shape where a decoration goes; the style paints the rest."""
        super().initStyleOption(option, index)
        option.features |= _HAS_DECORATION
        option.decorationSize = _SIZE
        option.icon = state_icon(_shape(index), option.palette)


def _shape(index: QModelIndex | QPersistentModelIndex) -> str:
    row = index.data(ROW)
    if getattr(row, "stopping", False):
        return "stopping"
    if not getattr(row, "enabled", True):
        return "disabled"
    return str(index.data(VALUE))

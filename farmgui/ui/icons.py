"""Our own icons: SVG drawings of one colour, painted in the colours of the appearance."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from farmgui.domain.resource_files import resources
from farmgui.ui.palette import Colours

_SIZES: Final = (16, 24, 32)


def icon(name: str, colours: Colours) -> QIcon:
    """The icon `name` in the text colour, dimmed where its action is disabled."""
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(pixmap(name, colours.text, size), QIcon.Mode.Normal)
        made.addPixmap(pixmap(name, colours.disabled, size), QIcon.Mode.Disabled)
    return made


def program_icon() -> QIcon:
    """The icon of the program itself; it keeps its own colours."""
    made = QIcon()
    for size in (16, 32, 64, 128):
        made.addPixmap(pixmap("farmgui", "", size))
    return made


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """The drawing `name` in `colour`, `size` points wide on a screen of `ratio` pixels a point."""
    text = (icon_folder() / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    made = QPixmap(round(size * ratio), round(size * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(made.rect()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


@lru_cache(maxsize=1)
def icon_folder() -> Path:
    """Where the drawings lie."""
    return resources() / "icons"

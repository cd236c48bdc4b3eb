"""The small shapes that stand before a state or a message, so that colour is never alone in saying it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIZE: Final = 12
"""The side of a shape in a table's row, in pixels that don't depend on the screen."""

_SCALES: Final = (1.0, 1.5, 2.0, 3.0)
_NORMAL: Final = QIcon.Mode.Normal
_SELECTED: Final = QIcon.Mode.Selected
_ROUND: Final = Qt.PenCapStyle.RoundCap
_JOIN: Final = Qt.PenJoinStyle.RoundJoin


def _ring(path: QPainterPath) -> bool:
    path.addEllipse(QRectF(2, 2, 8, 8))
    return False


def _dot(path: QPainterPath) -> bool:
    path.addEllipse(QRectF(2, 2, 8, 8))
    return True


def _half(path: QPainterPath) -> bool:
    path.addEllipse(QRectF(2, 2, 8, 8))
    path.moveTo(6, 2)
    path.arcTo(QRectF(2, 2, 8, 8), 90, -180)
    path.closeSubpath()
    path.moveTo(8, 3.2)
    path.lineTo(8, 8.8)
    return False


def _play(path: QPainterPath) -> bool:
    _polygon(path, (3, 1.5), (10.5, 6), (3, 10.5))
    return True


def _tick(path: QPainterPath) -> bool:
    _line(path, (1.5, 6.5), (4.5, 9.5), (10.5, 2.5))
    return False


def _cross(path: QPainterPath) -> bool:
    _line(path, (2.5, 2.5), (9.5, 9.5))
    _line(path, (9.5, 2.5), (2.5, 9.5))
    return False


def _bars(path: QPainterPath) -> bool:
    path.addRoundedRect(QRectF(2.5, 2, 2.6, 8), 0.8, 0.8)
    path.addRoundedRect(QRectF(6.9, 2, 2.6, 8), 0.8, 0.8)
    return True


def _square(path: QPainterPath) -> bool:
    path.addRoundedRect(QRectF(2.5, 2.5, 7, 7), 1, 1)
    return True


def _dash(path: QPainterPath) -> bool:
    path.addEllipse(QRectF(1.5, 1.5, 9, 9))
    _line(path, (3, 9), (9, 3))
    return False


def _question(path: QPainterPath) -> bool:
    path.moveTo(3.2, 3.8)
    path.cubicTo(3.2, 0.4, 8.8, 0.4, 8.8, 3.8)
    path.cubicTo(8.8, 5.6, 6, 5.4, 6, 7.4)
    _line(path, (6, 10), (6, 10.2))
    return False


def _triangle(path: QPainterPath) -> bool:
    _polygon(path, (6, 1), (11.2, 10.5), (0.8, 10.5))
    _line(path, (6, 4.4), (6, 6.9))
    _line(path, (6, 8.9), (6, 9))
    return False


def _letter_i(path: QPainterPath) -> bool:
    path.addEllipse(QRectF(1, 1, 10, 10))
    _line(path, (6, 5.6), (6, 8.4))
    _line(path, (6, 3.5), (6, 3.6))
    return False


def _pencil(path: QPainterPath) -> bool:
    _polygon(path, (1.5, 10.5), (2, 8), (8.4, 1.6), (10.4, 3.6), (4, 10))
    _line(path, (7, 3), (9, 5))
    return False


_SHAPES: Final[dict[str, Callable[[QPainterPath], bool]]] = {
    "queued": _ring,
    "assigned": _half,
    "running": _play,
    "done": _tick,
    "failed": _cross,
    "paused": _bars,
    "stopping": _square,
    "stopped": _square,
    "lost": _question,
    "online": _dot,
    "offline": _ring,
    "disabled": _dash,
    "warning": _triangle,
    "missing": _pencil,
    "info": _letter_i,
    "error": _cross,
}


@cache
def icon(shape: str, colour: str, selected: str) -> QIcon:
    """The shape in `colour`, and in `selected` on a selected row; drawn once for each pair."""
    made = QIcon()
    for mode, name in ((_NORMAL, colour), (_SELECTED, selected)):
        for scale in _SCALES:
            made.addPixmap(pixmap(shape, name, SIZE, scale), mode)
    return made


def pixmap(shape: str, colour: str, size: int, scale: float) -> QPixmap:
    """The shape as a picture of `size` for a screen with `scale` pixels each way."""
    side = round(size * scale)
    picture = QPixmap(QSize(side, side))
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    solid = _SHAPES.get(shape, _ring)(path)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size / SIZE, size / SIZE)
        if solid:
            painter.fillPath(path, QColor(colour))
        else:
            painter.strokePath(path, QPen(QColor(colour), 1.6, c=_ROUND, j=_JOIN))
    return picture


def _line(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.moveTo(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(QPointF(*point))


def _polygon(path: QPainterPath, *points: tuple[float, float]) -> None:
    _line(path, *points)
    path.closeSubpath()

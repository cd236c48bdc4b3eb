"""The title bar of a dock: its title, cut where there is no room, and buttons to float and to close it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent, QPalette
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QSizePolicy, QStylePainter, QToolButton, QWidget

from farmgui.ui.icons import icon
from farmgui.ui.palette import Colours, colours_of
from farmgui.ui.texts import plain_tip

_MARGIN = 10


class DockTitle(QWidget):
    """Follows the window title of `dock`. Dragging and a double click are left to the dock."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._float = _button("Float or dock again")
        self._close = _button("Close; the View menu brings it back")
        self._float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_MARGIN, 3, 4, 3)
        layout.setSpacing(0)
        layout.addStretch()
        layout.addWidget(self._float)
        layout.addWidget(self._close)
        dock.windowTitleChanged.connect(self._take_title)
        self._take_title(dock.windowTitle())
        self.set_colours(colours_of(self.palette()))

    def set_colours(self, colours: Colours) -> None:
        """Paint in another appearance."""
        self._float.setIcon(icon("float", colours))
        self._close.setIcon(icon("close", colours))

    def minimumSizeHint(self) -> QSize:
        """Narrow: the title is cut."""
        return QSize(90, self.sizeHint().height())

    def sizeHint(self) -> QSize:
        """As high as the title needs."""
        return QSize(160, max(28, self.fontMetrics().height() + 10))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The title, left and cut with an ellipsis."""
        painter = QStylePainter(self)
        room = self.rect().adjusted(_MARGIN, 0, -(self.width() - self._float.x()) - 4, 0)
        text = self.fontMetrics().elidedText(
            self._dock.windowTitle(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _take_title(self, title: str) -> None:
        self.setToolTip(plain_tip(title))
        self.update()


def _button(tip: str) -> QToolButton:
    button = QToolButton(autoRaise=True)
    button.setObjectName("dock_button")
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setIconSize(QSize(14, 14))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button

"""The look of the program: the Fusion style with our palette, one short style sheet and a readable font."""

from __future__ import annotations

from string import Template
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication, QStyleFactory

from farmgui.ui.icons import icon_folder
from farmgui.ui.palette import Colours, colours_named, make_palette

_FAMILIES: Final = (
    "Inter",
    "Segoe UI Variable Text",
    "Segoe UI",
    "SF Pro Text",
    "Cantarell",
    "Noto Sans",
    "Ubuntu",
    "Roboto",
    "Open Sans",
    "DejaVu Sans Condensed",
)
"""Tried in this order where the desktop names no font of its own."""
_GENERIC: Final = frozenset({"Sans Serif", "Sans", "DejaVu Sans", "Bitstream Vera Sans", ""})
_POINT_SIZE: Final = 10

_SHEET: Final = Template("""
QMainWindow::separator { background: $border; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QMenuBar { background: $window; border-bottom: 1px solid $border; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 10px; border-radius: 4px; }
QMenu::icon { padding-left: 6px; }
QMenu::item:selected { background: $selection; color: $selection_text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolBar { background: $window; border: 0; border-bottom: 1px solid $border; padding: 4px 8px; spacing: 2px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 6px; }
QToolButton { padding: 4px 8px; border: 1px solid transparent; border-radius: 5px; }
QToolButton:hover:enabled { background: $raised; border-color: $border; }
QToolButton:pressed:enabled, QToolButton:checked { background: $track; }
QToolButton:focus { border-color: $accent; }
DockTitle { border-bottom: 1px solid $border; }
QToolButton#dock_button, QToolButton#small_button { padding: 2px; }
QToolButton#section { padding: 2px 0; text-align: left; }
QToolButton#section:checked { background: transparent; }
QToolButton#text_button { padding: 2px 5px; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QTabBar { background: $window; }
QTabBar::tab { background: transparent; color: $dim; padding: 6px 14px; border: 0;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover:!selected { color: $text; }
QHeaderView { background: $window; border: 0; }
QHeaderView::section { background: $window; color: $dim; border: 0; border-bottom: 1px solid $border;
    border-right: 1px solid $border; padding: 4px 6px; }
QHeaderView::section:hover { color: $text; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: border; subcontrol-position: top center;
    width: 8px; height: 5px; top: 2px; }
QHeaderView::up-arrow { image: url("$icons/sort-up.svg"); }
QHeaderView::down-arrow { image: url("$icons/sort-down.svg"); }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $dim;
    background: $base; }
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover,
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$icons/check.svg"); }
QRadioButton::indicator:checked { width: 8px; height: 8px; border: 4px solid $accent; background: $base; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }
QCheckBox::indicator:checked:disabled { background: $disabled; border-color: $disabled; }
QScrollBar { background: $base; border: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $handle; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $dim; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTableView { outline: 0; border: 0; }
QTableView::item { padding: 0 5px; }
QTreeView { outline: 0; }
QTreeView::item { padding: 0 5px; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: 0; }
QPlainTextEdit#log { border: 0; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 3px; }
""")


def apply_style(app: QApplication, appearance: str) -> Colours:
    """Give `app` the appearance "dark" or "light"; the colours are handed back for icons and plots."""
    colours = colours_named(appearance)
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(make_palette(colours))
    app.setFont(interface_font())
    app.setStyleSheet(style_sheet(colours))
    return colours


def style_sheet(colours: Colours) -> str:
    """The style sheet in `colours`."""
    values = {name: getattr(colours, name) for name in colours.__slots__}
    handle = "#4a505a" if colours.dark else "#bcc2ca"
    return _SHEET.substitute(values, icons=icon_folder().as_posix(), handle=handle)


def interface_font() -> QFont:
    """The desktop's own font; a readable one where it names none."""
    font = QApplication.font()
    if font.family() in _GENERIC:
        known = set(QFontDatabase.families())
        family = next((name for name in _FAMILIES if name in known), None)
        if family is not None:
            font.setFamily(family)
    if QFontInfo(font).pointSize() < _POINT_SIZE:
        font.setPointSize(_POINT_SIZE)
    return font


def fixed_font() -> QFont:
    """The font of logs and commands, as large as the interface's."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSize(QFontInfo(QApplication.font()).pointSize())
    return font

"""The item data roles that item models and delegates agree on."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt

# Access to an enum of PySide6 costs more than a paint of text: each one is looked up once, here.
DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
EDIT: Final = int(Qt.ItemDataRole.EditRole)
DECORATION: Final = int(Qt.ItemDataRole.DecorationRole)
TOOL_TIP: Final = int(Qt.ItemDataRole.ToolTipRole)
ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
FOREGROUND: Final = int(Qt.ItemDataRole.ForegroundRole)
ACCESSIBLE_TEXT: Final = int(Qt.ItemDataRole.AccessibleTextRole)

ROW: Final = int(Qt.ItemDataRole.UserRole)
"""The whole frozen row."""
VALUE: Final = ROW + 1
"""The raw value of the cell: a state, a number, a progress from 0 to 1."""
NAME: Final = ROW + 2
"""The column's id; for a cell that can be edited the name of the value, like "priority"."""

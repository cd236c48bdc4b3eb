"""The migrations of the stored tables, by Alembic; each revision is a module in `versions`."""

from __future__ import annotations

from typing import Final

HEAD: Final = "0006"
"""The newest revision, told here so that opening a database that has it doesn't import Alembic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from farmgui.ui.background import Background


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    """A door to background work that is closed after the test."""
    made = Background()
    yield made
    made.close()

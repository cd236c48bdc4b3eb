"""Opens the dialogs about the farm itself: the tables of the Farm menu, and what agents are and may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from farmgui.domain.snapshots import AgentRow
from farmgui.ui.background import Background, Lane, Outcome

if TYPE_CHECKING:
    from farmgui.services.farm import Farm
    from farmgui.ui.dialogs.catalogue.dialog import CatalogueDialog


class FarmDialogs(QObject):
    """Opens them over `window`; `failed` says in words why one can't be opened."""

    failed = Signal(str)

    def __init__(self, farm: Farm, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._farm = farm
        self._background = background
        self._window = window
        self._tables: dict[str, CatalogueDialog] = {}

    def show_catalogue(self, name: str) -> None:
        """Open the table `name` of the Farm menu, or bring it to the front."""
        # Not needed before somebody asks for one.
        from farmgui.ui.dialogs.catalogue.dialog import CatalogueDialog
        from farmgui.ui.dialogs.catalogue.tables import CATALOGUES

        dialog = self._tables.get(name)
        if dialog is None:
            dialog = CatalogueDialog(CATALOGUES[name], self._farm, self._background, self._window)
            self._tables[name] = dialog
            dialog.finished.connect(dialog.deleteLater)
            dialog.finished.connect(lambda _result, name=name: self._tables.pop(name, None))
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def edit_agents(self, agents: Sequence[AgentRow]) -> None:
        """Show and change what these agents have and may do."""
        farm, ids = self._farm, tuple(agent.id for agent in agents)

        def read() -> tuple[list[dict[str, Any]], list[str], list[str]]:
            tags = [row.name for row in farm.tags.rows()]
            software = [f"{row.name} {one.version}" for row in farm.software.rows() for one in row.versions]
            return farm.agents.values(ids), tags, software

        def done(outcome: Outcome[tuple[list[dict[str, Any]], list[str], list[str]]]) -> None:
            if outcome.error is not None:
                self.failed.emit(str(outcome.error))
                return
            self._open_agents(ids, *outcome.get())

        self._background.run(read, done, label="reading the agents", lane=Lane.READ)

    def _open_agents(
        self, ids: Sequence[str], told: list[dict[str, Any]], tags: list[str], software: list[str]
    ) -> None:
        from farmgui.ui.dialogs.agents import agents_form
        from farmgui.ui.dialogs.catalogue.form import FormDialog

        farm = self._farm
        dialog = FormDialog(
            agents_form(told, tags, software),
            lambda values: farm.agents.change(ids, values),
            self._background,
            self._window,
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

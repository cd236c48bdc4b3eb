"""Opens the dialogs about the farm and the program: the tables of the Farm menu, agents, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from farmgui.domain.snapshots import AgentRow
from farmgui.ui.background import Background, Lane, Outcome

if TYPE_CHECKING:
    from farmgui.config import Settings
    from farmgui.domain.jobtypes import JobTypeDefinition
    from farmgui.services.farm import Farm
    from farmgui.ui.dialogs.catalogue.dialog import CatalogueDialog
    from farmgui.ui.dialogs.settings import SettingsDialog


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

    def make_settings(self, settings: Settings, types: Sequence[JobTypeDefinition]) -> SettingsDialog:
        """The dialog of the settings, which is still to be opened."""
        # Neither is needed before somebody asks for it.
        from farmgui.submission import programs
        from farmgui.ui.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(settings, types, programs, self._window, self._background)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def show_about(self, settings: Settings) -> None:
        """Say what the program is."""
        from farmgui.ui.dialogs.about import AboutDialog

        dialog = AboutDialog(self._window, [("Settings", str(settings.file))])
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

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

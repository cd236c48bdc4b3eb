"""The dialog that maps a path in place: where do machines that can't see a folder find it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from farmgui.domain.catalogue import PathMapRow
from farmgui.ui.background import Background, Lane, Outcome
from farmgui.ui.dialogs.alive import if_alive
from farmgui.ui.dialogs.catalogue.form import FormDialog
from farmgui.ui.dialogs.catalogue.parts import Field, Form, required
from farmgui.ui.dialogs.mapping import HINTS, Known, Target, folder_in, known_names, read, store, targets
from farmgui.ui.dialogs.parts import plain_label
from farmgui.ui.sight_feed import Seeing

if TYPE_CHECKING:
    from farmgui.services.farm import Farm

_ABOUT: Final = (
    "Machines may know this folder by another name. Say which, and they are told every path below it by that"
    " name. All maps are in Farm › Path maps."
)
_WIDTH: Final = 520
_INSET: Final = 9
"""As the fields stand."""


class MapPathDialog(FormDialog):
    """Asks for the name that `folder` has for other machines; the map is stored with OK."""

    def __init__(
        self,
        farm: Farm,
        background: Background,
        folder: str,
        for_whom: Sequence[Target],
        maps: Sequence[PathMapRow],
        parent: QWidget | None = None,
    ) -> None:
        self._folder, self._targets, self._maps = folder, for_whom, maps
        here, there = known_names(maps, folder, for_whom[0])
        super().__init__(
            _form(here, there, for_whom),
            lambda values: store(farm, values["here"], values["there"], values["whom"]),
            background,
            parent,
        )
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            about = plain_label(_ABOUT, dim=True, parent=self)
            about.setContentsMargins(_INSET, 0, _INSET, 0)
            layout.insertWidget(0, about)
            self.resize(_WIDTH, layout.totalHeightForWidth(_WIDTH))
        self._prefilled = (here, there)
        self.fields["whom"].edited.connect(self._prefill)
        self._tell_hint()
        self.line("there").setFocus()

    def line(self, name: str) -> QLineEdit:
        """The line of the folder "here" or "there"."""
        widget = self.fields[name].widget
        if not isinstance(widget, QLineEdit):
            raise TypeError(f"{widget!r} is no line")
        return widget

    def target(self) -> Target:
        """The agents that are chosen."""
        chosen: Target = self.fields["whom"].value()
        return chosen

    def event(self, event: QEvent) -> bool:
        """Grow where a note needs more lines for another choice."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._grow()
        return done

    def _prefill(self) -> None:
        """Another choice may have a map already; what a person typed stays."""
        if (self.line("here").text(), self.line("there").text()) == self._prefilled:
            self._prefilled = known_names(self._maps, self._folder, self.target())
            for name, text in zip(("here", "there"), self._prefilled, strict=True):
                self.line(name).setText(text)
        self._tell_hint()

    def _tell_hint(self) -> None:
        self.line("there").setPlaceholderText(HINTS[self.target().system])


def open_map_path(
    farm: Farm, background: Background, seeing: Seeing, parent: QWidget, saved: Callable[[], object]
) -> None:
    """Open the dialog over `parent` for those that can't see something; calls `saved` once it is stored."""
    folder, blind = folder_in(seeing), seeing.blind()
    if not folder or not blind:
        return

    def done(outcome: Outcome[Known]) -> None:
        # Without what the farm has, it is told when the map is stored what is wrong.
        known = outcome.get() if outcome.error is None else Known()
        dialog = MapPathDialog(farm, background, folder, targets(blind, folder, known), known.maps, parent)
        dialog.accepted.connect(saved)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    ids = [row.agent_id for row in blind]
    background.run(
        lambda: read(farm, ids), if_alive(parent, done), label="reading the path maps", lane=Lane.READ
    )


def _form(here: str, there: str, for_whom: Sequence[Target]) -> Form:
    def target(number: str) -> Any:
        return for_whom[int(number)]

    return Form(
        "Map the path",
        (
            Field("here", "Folder here", here, required("The folder here"), tip="As jobs name it"),
            Field(
                "whom",
                "For",
                "0",
                target,
                choices=tuple((str(place), one.words) for place, one in enumerate(for_whom)),
                tip="The agents that find the folder under another name",
                words=lambda one: str(one.about()),
            ),
            Field(
                "there",
                "Folder there",
                there,
                required("The folder there"),
                tip="The same folder as these agents name it",
            ),
        ),
    )

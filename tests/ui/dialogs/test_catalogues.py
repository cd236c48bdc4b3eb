"""The tables of the Farm menu and the form of agents, over the real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from farmgui.domain.requirements import LimitUse, Per
from farmgui.domain.specs import JobSpec
from farmgui.services.database import open_database
from farmgui.services.farm import Farm, make_farm
from farmgui.services.jobtypes import sync
from farmgui.submission.jobtype_files import load
from farmgui.ui.background import Background
from farmgui.ui.dialogs.agents import agents_form
from farmgui.ui.dialogs.catalogue.dialog import CatalogueDialog
from farmgui.ui.dialogs.catalogue.form import FormDialog
from farmgui.ui.dialogs.catalogue.tables import CATALOGUES
from farmgui.ui.dialogs.confirm import ConfirmDialog

LEFT = Qt.MouseButton.LeftButton
JOB_TYPES = Path(__file__).parent.parent.parent.parent / "resources" / "jobtypes"


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    """A farm with one job in /film/shot that uses a limit nobody has defined."""
    database = open_database(f"sqlite:///{tmp_path / 'farm.sqlite'}")
    types = load(JOB_TYPES)
    sync(database, types)
    made = make_farm(database, [definition for definition, _ in types])
    made.queues.create("/film/shot")
    made.submit.submit(
        JobSpec(
            "shot", "command-line", data={"command": ["true"]}, queue="/film/shot", limits=(LimitUse("nuke"),)
        )
    )
    yield made
    made.close()


@pytest.fixture
def opening(qtbot: QtBot, farm: Farm, background: Background) -> Iterator[Callable[[str], CatalogueDialog]]:
    """Opens tables by their name."""
    every: list[CatalogueDialog] = []

    def open_table(name: str) -> CatalogueDialog:
        dialog = CatalogueDialog(CATALOGUES[name], farm, background)
        every.append(dialog)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: dialog._entries is not None)
        return dialog

    yield open_table
    for dialog in every:
        dialog.close()


def keys(dialog: CatalogueDialog) -> list[str]:
    """The keys of the rows, those below another one after it."""

    def below(entries: Any) -> list[str]:
        return [key for entry in entries for key in (entry.key, *below(entry.children))]

    return below(dialog.entries())


def fill_in(qtbot: QtBot, dialog: CatalogueDialog, button: str, **texts: str | bool) -> FormDialog:
    """Press a button, write into the form that it opens, and press its OK."""
    qtbot.mouseClick(dialog.buttons[button], LEFT)
    qtbot.waitUntil(lambda: bool(forms(dialog)))
    (form,) = forms(dialog)
    for name, text in texts.items():
        write(form.fields[name].widget, text)
    if form.ok.isEnabled():
        qtbot.mouseClick(form.ok, LEFT)
    return form


def forms(dialog: CatalogueDialog) -> list[FormDialog]:
    return [form for form in dialog.findChildren(FormDialog) if form.isVisible()]


def write(widget: Any, text: str | bool) -> None:
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(widget.findData(text))
        widget.activated.emit(widget.currentIndex())
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(text))
    elif isinstance(widget, QPlainTextEdit):
        widget.setPlainText(str(text))
    elif isinstance(widget, QLineEdit):
        widget.setText(str(text))


def remove(qtbot: QtBot, dialog: CatalogueDialog, button: str) -> None:
    """Press a button and agree."""

    def agree() -> None:
        question = QApplication.activeModalWidget()
        if isinstance(question, ConfirmDialog):
            question.yes.click()
        else:
            QTimer.singleShot(10, agree)

    QTimer.singleShot(10, agree)
    qtbot.mouseClick(dialog.buttons[button], LEFT)


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_table_opens_and_offers_what_needs_no_row(opening, name: str) -> None:
    dialog = opening(name)
    assert dialog.tree.columnCount() == len(CATALOGUES[name].columns)
    enabled = [text for text, button in dialog.buttons.items() if button.isEnabled()]
    assert enabled == [text for text in dialog.buttons if "Add" in text and "version" not in text]


def test_queues_are_added_changed_moved_and_removed(qtbot: QtBot, farm: Farm, opening) -> None:
    dialog = opening("queues")
    assert keys(dialog) == ["/film", "/film/shot"]
    fill_in(qtbot, dialog, "&Add…", name="kiosk", weight="30", minimum_agents="2")
    qtbot.waitUntil(lambda: "/kiosk" in keys(dialog))
    qtbot.waitUntil(lambda: dialog.selected() is not None)
    assert dialog.selected().key == "/kiosk"
    fill_in(qtbot, dialog, "&Edit…", name="booth", parent="/film", maximum_agents="5")
    qtbot.waitUntil(lambda: keys(dialog) == ["/film", "/film/booth", "/film/shot"])
    (queue,) = [queue for queue in farm.queries.queues() if queue.path == "/film/booth"]
    assert (queue.weight, queue.minimum_agents, queue.maximum_agents) == (30, 2, 5)


def test_a_queue_with_jobs_stays_and_says_why(qtbot: QtBot, opening) -> None:
    dialog = opening("queues")
    dialog.select("/film/shot")
    remove(qtbot, dialog, "&Remove…")
    qtbot.waitUntil(lambda: "holds 1 job." in dialog.note.text())
    assert "/film/shot" in keys(dialog)


def test_a_value_is_refused_while_typing(qtbot: QtBot, farm: Farm, opening) -> None:
    dialog = opening("queues")
    form = fill_in(qtbot, dialog, "&Add…", name="x", priority="5000")
    assert "from -1000 to 1000" in form.fields["priority"].note.text()
    assert not form.ok.isEnabled()
    write(form.fields["priority"].widget, "5")
    assert form.ok.isEnabled()
    form.reject()
    assert len(farm.queries.queues()) == 2


def test_what_the_farm_refuses_is_said_in_the_form_and_nothing_is_lost(qtbot: QtBot, opening) -> None:
    dialog = opening("queues")
    form = fill_in(qtbot, dialog, "&Add…", name="x", minimum_agents="5", maximum_agents="4")
    qtbot.waitUntil(lambda: "above the maximum" in form.note.text())
    assert form.isVisible()
    assert form.fields["name"].widget.text() == "x"
    form.reject()


def test_a_limit_that_jobs_name_is_marked_and_defined(qtbot: QtBot, farm: Farm, opening) -> None:
    dialog = opening("limits")
    (entry,) = dialog.entries()
    assert entry.cells[:2] == ("nuke", "not defined")
    assert entry.mark == "warning"
    dialog.select("nuke")
    assert not dialog.buttons["&Remove…"].isEnabled()
    fill_in(qtbot, dialog, "&Add…", amount="12", per="agent")
    qtbot.waitUntil(lambda: dialog.entries()[0].cells[1] == "12")
    (row,) = farm.limits.rows()
    assert (row.name, row.amount, row.per) == ("nuke", 12, Per.AGENT)


def test_versions_are_put_into_order(qtbot: QtBot, farm: Farm, opening) -> None:
    dialog = opening("software")
    fill_in(qtbot, dialog, "&Add software…", name="blender", version="4.2")
    qtbot.waitUntil(lambda: keys(dialog) == ["blender", "blender 4.2"])
    dialog.select("blender")
    fill_in(qtbot, dialog, "Add &version…", version="3.6", default=True)
    qtbot.waitUntil(lambda: keys(dialog) == ["blender", "blender 3.6", "blender 4.2"])
    dialog.select("blender 3.6")
    qtbot.mouseClick(dialog.buttons["Move &down"], LEFT)
    qtbot.waitUntil(lambda: keys(dialog) == ["blender", "blender 4.2", "blender 3.6"])
    assert dialog.selected().key == "blender 3.6"
    (software,) = farm.software.rows()
    assert [(one.version, one.default) for one in software.versions] == [("3.6", True), ("4.2", False)]


def test_people_have_addresses_and_roles(qtbot: QtBot, farm: Farm, opening) -> None:
    dialog = opening("people")
    form = fill_in(qtbot, dialog, "&Add…", name="ana", email="nowhere", roles="wrangler, admin")
    assert "is no mail address" in form.fields["email"].note.text()
    write(form.fields["email"].widget, "ana@studio.example")
    qtbot.mouseClick(form.ok, LEFT)
    qtbot.waitUntil(lambda: "ana" in keys(dialog))
    ana = next(row for row in farm.people.rows() if row.name == "ana")
    assert (ana.email, ana.roles, ana.active) == ("ana@studio.example", ("admin", "wrangler"), True)


def test_tags_and_path_maps(qtbot: QtBot, farm: Farm, opening) -> None:
    tags = opening("tags")
    fill_in(qtbot, tags, "&Add…", name="gpu")
    qtbot.waitUntil(lambda: keys(tags) == ["gpu"])
    qtbot.waitUntil(lambda: tags.selected() is not None)
    remove(qtbot, tags, "Re&move…")
    qtbot.waitUntil(lambda: keys(tags) == [])
    maps = opening("path-maps")
    fill_in(qtbot, maps, "&Add…", linux="/mnt/a", windows="D:\\a", mac="/Volumes/a")
    qtbot.waitUntil(lambda: len(keys(maps)) == 1)
    assert farm.path_maps.rows()[0].windows == "D:\\a"


TOLD = {
    "id": "a",
    "hostname": "farm01",
    "enabled": True,
    "notes": "",
    "cpu_allocation": 1.0,
    "ram_allocation": 0.8,
    "tags": ("gpu",),
    "software": (("blender", "4.2"),),
    "cpus": 64,
    "ram": 131_072,
    "cpu_name": "EPYC",
    "os": "Linux",
    "os_class": "linux",
    "version": "0.1",
    "gpus": ((0, "RTX A5000", 24_564),),
    "disks": (("/", 10**12, 4 * 10**11),),
    "mac_addresses": ("00:50:56:10:00:aa",),
}


def agents_dialog(
    qtbot: QtBot, background: Background, *told: dict[str, Any]
) -> tuple[FormDialog, list[Any]]:
    saved: list[Any] = []
    form = FormDialog(
        agents_form(told, ["gpu", "slow"], ["blender 4.2", "nuke 15"]), saved.append, background
    )
    qtbot.addWidget(form)
    form.show()
    return form, saved


def test_an_agents_share_is_said_in_cpus_and_memory(qtbot: QtBot, background: Background) -> None:
    form, saved = agents_dialog(qtbot, background, TOLD)
    assert form.fields["cpu_allocation"].note.text() == "64 of 64 cpus"
    write(form.fields["cpu_allocation"].widget, "75 %")
    assert form.fields["cpu_allocation"].note.text() == "48 of 64 cpus"
    assert form.fields["ram_allocation"].note.text() == "102.4 GB of 128.0 GB"
    write(form.fields["software"].widget, "blender 4.2, nuke 14")
    assert "Known are: nuke 15." in form.fields["software"].note.text()
    write(form.fields["software"].widget, "blender 4.2, nuke 15")
    qtbot.mouseClick(form.ok, LEFT)
    qtbot.waitUntil(lambda: bool(saved))
    assert saved == [{"cpu_allocation": 0.75, "software": (("blender", "4.2"), ("nuke", "15"))}]


def test_several_agents_keep_what_was_not_touched(qtbot: QtBot, background: Background) -> None:
    form, saved = agents_dialog(qtbot, background, TOLD, {**TOLD, "hostname": "farm02", "tags": ()})
    assert form.windowTitle() == "2 agents"
    assert form.fields["tags"].widget.placeholderText() == "(differs)"
    write(form.fields["notes"].widget, "moved to rack 3")
    qtbot.mouseClick(form.ok, LEFT)
    qtbot.waitUntil(lambda: bool(saved))
    assert saved == [{"notes": "moved to rack 3"}]

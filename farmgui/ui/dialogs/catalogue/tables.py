"""All tables of the Farm menu, by the name that their action has."""

from __future__ import annotations

from typing import Final

from farmgui.ui.dialogs.catalogue.limits import LIMITS
from farmgui.ui.dialogs.catalogue.parts import Catalogue
from farmgui.ui.dialogs.catalogue.path_maps import PATH_MAPS
from farmgui.ui.dialogs.catalogue.people import PEOPLE
from farmgui.ui.dialogs.catalogue.queues import QUEUES
from farmgui.ui.dialogs.catalogue.software import SOFTWARE
from farmgui.ui.dialogs.catalogue.tags import TAGS

CATALOGUES: Final[dict[str, Catalogue]] = {
    catalogue.id: catalogue for catalogue in (QUEUES, LIMITS, SOFTWARE, TAGS, PATH_MAPS, PEOPLE)
}

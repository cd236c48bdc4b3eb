"""What a job's command is filled with: checked against the parameters of its job type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from farmgui.domain.attribute_kinds import check_data
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.jobtypes import JobTypeDefinition


def complete_data(data: Mapping[str, Any], definition: JobTypeDefinition) -> dict[str, Any]:
    """The job's data, with the defaults of the type where it says nothing.

    Raises FarmError where JSON can't hold it, a value that the type requires is missing, or a file or folder
    that it names isn't there.
    """
    whole: dict[str, Any] = {item.name: item.default for item in definition.parameters} | check_data(data)
    for item in definition.parameters:
        value = whole[item.name]
        if item.required and value in (None, "", [], ()):
            raise InvalidValue(f"{item.label} is missing.")
        if item.kind == "file" and value and not _exists(value, whole.get("cwd")):
            raise FarmError(f"There is no file {value} ({item.label}).")
    cwd = whole.get("cwd")
    if cwd and not Path(str(cwd)).is_dir():
        raise FarmError(f"The folder {cwd}, in which the command is to run, isn't there.")
    return whole


def _exists(value: object, cwd: object) -> bool:
    return (Path(str(cwd or "")) / Path(str(value)).expanduser()).exists()

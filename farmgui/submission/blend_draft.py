"""Fills a draft from a .blend."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from farmgui.domain.errors import NotFound
from farmgui.submission.blend import EXTENSIONS, MOVIES, BlendScene, read_blend
from farmgui.submission.draft import Draft, Level, SceneOffer
from farmgui.submission.output_place import beside, objection, writable

_ENDINGS: Final = frozenset(
    {*EXTENSIONS.values(), ".jpeg", ".tiff", ".sgi", ".avi", ".mp4", ".mov", ".mkv", ".webm", ".j2c"}
)
_READ_FROM_SCENE: Final = ("frames", "output", "format", "engine", "scene_name")


def fill(draft: Draft, path: Path) -> Draft:
    """The draft with what the .blend at `path` says; raises UnreadableScene."""
    blend = read_blend(path)
    offers = tuple(_offer(scene) for scene in blend.scenes)
    draft = replace(draft, path=path, scenes=offers, scene_version=blend.version)
    caches = path.parent / f"blendcache_{path.stem}"
    if caches.is_dir():
        # Blender finds them by the scene's name, which a copy doesn't have.
        draft = replace(draft, copy_scene=False).with_note(
            "copy_scene",
            f"The scene has caches in {caches.name}, which Blender finds by its name: no copy of it is made.",
        )
    return choose_scene(draft, offers[0].name)


def choose_scene(draft: Draft, name: str) -> Draft:
    """The draft with the values of another scene of the file; raises NotFound."""
    offer = next((item for item in draft.scenes if item.name == name), None)
    path = draft.path
    if offer is None or path is None:
        names = ", ".join(item.name for item in draft.scenes) or "none that could be read"
        raise NotFound(
            f'There is no scene "{name}" in {path.name if path else draft.title}. There are: {names}.'
        )
    draft = draft.without_notes(*_READ_FROM_SCENE)
    draft = draft.with_values(scene_name=name, format="", engine="")
    titles = {path.stem, *(_title(path, other.name) for other in draft.scenes), ""}
    if draft.title in titles:
        title = _title(path, name) if len(draft.scenes) > 1 else path.stem
        draft = replace(draft, title=title)
    return _format(_output(_frames(draft, offer), offer, path), offer)


def complete(draft: Draft, data: dict[str, Any]) -> None:
    """Add to a job's data what follows from the chosen format: the ending, and whether files are checked."""
    offer = next((item for item in draft.scenes if item.name == draft.value("scene_name")), None)
    form = draft.value("format") or (offer.format if offer else None)
    ending = EXTENSIONS.get(form or "")
    suffix = offer.suffix if offer else ""
    if ending is None or suffix is None:
        data["unchecked"] = True
    else:
        data["extension"] = f"{suffix}{ending}"
    output = str(data.get("output") or "")
    if output:
        path = Path(output)
        # Somebody who writes "shot.png" wants the number before the ending.
        data["output"] = str(_pattern(path.with_suffix("") if path.suffix.lower() in _ENDINGS else path))


def _offer(scene: BlendScene) -> SceneOffer:
    return SceneOffer(scene.name, scene.frames, scene.output, scene.format, scene.engine, scene.suffix)


def _title(path: Path, scene: str) -> str:
    return f"{path.stem} – {scene}"


def _frames(draft: Draft, offer: SceneOffer) -> Draft:
    if offer.frames is None:
        draft = draft.with_note(
            "frames", "The scene's frames couldn't be read: write them in.", Level.MISSING
        )
    return replace(draft, frames=offer.frames or "")


def _output(draft: Draft, offer: SceneOffer, scene: Path) -> Draft:
    instead = beside(scene, offer.name if len(draft.scenes) > 1 else None)
    where = f"frames go to {Path(instead).parent.name} beside the scene instead"
    own = _resolved(offer.output, scene) if offer.output else None
    against = objection(own.parent, scene) if own else None
    if offer.output is None:
        text = f"Where the scene writes couldn't be read: {where}."
    elif own is None:
        text = f"The scene's output, \"{offer.output}\", can't be used here: {where}."
    elif against is not None:
        text = f"The scene writes to {own.parent}, {against}: {where}."
    elif offer.format in MOVIES:
        text = f"The scene writes a movie: {where}."
    else:
        return draft.with_values(output=str(own))
    if not writable(scene.parent):
        text = f"{text.partition(':')[0]}, and nothing may be written beside the scene: choose an output."
        return draft.with_values(output="").with_note("output", text, Level.MISSING)
    return draft.with_values(output=instead).with_note("output", text)


def _resolved(output: str, scene: Path) -> Path | None:
    """The scene's output as an absolute pattern without ending; None where it can't be one here."""
    if not output or "{" in output:
        # Blender's path templates hold what is only known while it renders.
        return None
    relative = output.startswith("//")
    text = output[2:] if relative else output
    if os.name == "posix":
        if not relative and re.match(r"[A-Za-z]:|\\\\", text):
            return None
        # A scene saved on Windows; also Blender's own default is "/tmp\\".
        text = text.replace("\\", "/") if relative else re.sub(r"\\+$", "/", text)
    path = scene.parent / text if relative else Path(text)
    if not path.is_absolute():
        return None
    whole = Path(os.path.normpath(path))
    return whole / "####" if not text or text.endswith(("/", os.sep)) else _pattern(whole)


def _pattern(output: Path) -> Path:
    """The output as Blender takes it: without the ending that it adds, and with a place for the number."""
    name = output.name
    if output.suffix.lower() in _ENDINGS and "#" in output.stem:
        name = output.stem
    return output.with_name(name if "#" in name else f"{name}####")


def _format(draft: Draft, offer: SceneOffer) -> Draft:
    if offer.format is None:
        text = "The scene's picture format couldn't be read: its files can't be checked unless one is chosen."
        return draft.with_note("format", text, Level.MISSING)
    if offer.format in MOVIES:
        text = f"The scene writes a movie ({offer.format}): its frames are written as PNG pictures instead."
    elif offer.format not in EXTENSIONS:
        text = f"The scene writes {offer.format}, which can't be asked for here: PNG is taken instead."
    else:
        return draft
    return draft.with_values(format="PNG").with_note("format", text)

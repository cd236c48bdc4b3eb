"""Where things live and what was chosen: the environment read once, and the settings file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from platformdirs import PlatformDirs

from farmgui.domain.errors import FarmError

ON_CLOSE: Final = ("ask", "background", "finish", "stop")
APPEARANCES: Final = ("dark", "light")


@dataclass(frozen=True, slots=True)
class Config:
    """The places of one farm on this machine."""

    home: Path
    """The database, agent, logs and samples."""
    settings_folder: Path
    database_url: str
    resources: Path

    @property
    def agent_folder(self) -> Path:
        """What the agent of this machine keeps: its id, journal and socket."""
        return self.home / "agent"

    @property
    def log_folder(self) -> Path:
        """One log file an attempt, in a folder a job."""
        return self.home / "logs"

    @property
    def samples_folder(self) -> Path:
        """The sample scene and its frames."""
        return self.home / "samples"

    @property
    def program_log(self) -> Path:
        """What the program itself has to say, for reports of defects."""
        return self.home / "farmgui.log"

    @property
    def settings_file(self) -> Path:
        """The chosen settings, JSON."""
        return self.settings_folder / "settings.json"


def read_config(environ: Mapping[str, str] | None = None) -> Config:
    """The places, by custom; FARMGUI_HOME moves all, FARMGUI_DATABASE_URL names another database."""
    known = os.environ if environ is None else environ
    folders = PlatformDirs("farmgui", appauthor=False)
    if moved := known.get("FARMGUI_HOME"):
        home = settings = Path(moved).expanduser().absolute()
    else:
        home, settings = folders.user_data_path, folders.user_config_path
    url = known.get("FARMGUI_DATABASE_URL") or f"sqlite:///{(home / 'farm.sqlite').as_posix()}"
    return Config(home=home, settings_folder=settings, database_url=url, resources=_resources())


def has_display() -> bool:
    """Whether a window can be shown: on Windows and macOS always, else where a display is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _resources() -> Path:
    """The data that comes with the program: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


@dataclass(slots=True)
class Settings:
    """What a person chose once; kept in a JSON file that `save` writes."""

    file: Path
    chosen_programs: dict[str, str] = field(default_factory=dict)
    """The program of a job type, by the type's name, where it is not the one found by itself."""
    keep_awake: bool = True
    on_close: str = "ask"
    appearance: str = "dark"

    def save(self) -> None:
        """Write the file whole or not at all. Raises FarmError with the reason."""
        values = {name: value for name, value in asdict(self).items() if name != "file"}
        beside = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
            beside.replace(self.file)
        except OSError as error:
            raise FarmError(f"The settings can't be saved in {self.file}: {error.strerror}.") from error


def read_settings(file: Path) -> Settings:
    """The settings of `file`; what is missing or makes no sense keeps its default."""
    try:
        stored: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings(file)
    settings = Settings(file)
    if not isinstance(stored, dict):
        return settings
    for item in fields(Settings):
        value = stored.get(item.name)
        if item.name != "file" and isinstance(value, type(getattr(settings, item.name))):
            setattr(settings, item.name, value)
    settings.chosen_programs = {str(name): str(path) for name, path in settings.chosen_programs.items()}
    if settings.on_close not in ON_CLOSE:
        settings.on_close = "ask"
    if settings.appearance not in APPEARANCES:
        settings.appearance = "dark"
    return settings

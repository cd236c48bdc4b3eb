"""Where things live and what was chosen: the environment read once, and the settings file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from platformdirs import PlatformDirs

from farmgui.domain.addresses import TLS_PORTS, MailServer, check_web_address
from farmgui.domain.errors import FarmError, InvalidValue
from farmgui.domain.notices import check_template
from farmgui.domain.resource_files import resources

ON_CLOSE: Final = ("ask", "background", "finish", "stop")
APPEARANCES: Final = ("dark", "light")
MOST_DAYS: Final = 3650
_LONGEST: Final = 1e9
"""Seconds; beyond that a period is no number that anything could be done with."""


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
    def cluster_folder(self) -> Path:
        """The certificates and addresses of the farm's engine, where this machine has other machines join."""
        return self.home / "cluster"

    @property
    def joined_folder(self) -> Path:
        """What this machine keeps as an agent of another machine's farm."""
        return self.home / "joined"

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
    return Config(home=home, settings_folder=settings, database_url=url, resources=resources())


def has_display() -> bool:
    """Whether a window can be shown: on Windows and macOS always, else where a display is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


@dataclass(slots=True)
class Settings:
    """What a person chose once; kept in a JSON file that `save` writes."""

    file: Path
    chosen_programs: dict[str, str] = field(default_factory=dict)
    """The program of a job type, by the type's name, where it is not the one found by itself."""
    keep_awake: bool = True
    on_close: str = "ask"
    appearance: str = "dark"
    mail_host: str = ""
    """The mail server; empty: no mail is sent."""
    mail_port: int = 0
    """0: the usual one."""
    mail_tls: str = "starttls"
    mail_from: str = ""
    mail_user: str = ""
    mail_password_file: str = ""
    """Its first line is the password, which is never kept here; empty: FARMGUI_SMTP_PASSWORD has it."""
    webhook: str = ""
    """The web address that is told of the end of each job."""
    templates: dict[str, str] = field(default_factory=dict)
    """The farm's texts of notices, by the names of domain.notices.TEMPLATES, where they are its own."""
    periods: dict[str, float] = field(default_factory=dict)
    """Seconds between two runs of the lead's periodic work, by the names of domain.periods.PERIODS."""
    compress_logs_after: int = 7
    """Days; 0: never."""

    def mail_server(self) -> MailServer | None:
        """Where mail is handed in; None: nowhere."""
        if not self.mail_host:
            return None
        return MailServer(
            host=self.mail_host,
            sender=self.mail_from,
            tls=self.mail_tls,
            port=self.mail_port,
            user=self.mail_user,
            password_file=self.mail_password_file,
        )

    def notification(self) -> dict[str, Any]:
        """What whoever ends a job has to know of telling people: "webhook" and "templates"."""
        known = {"webhook": self.webhook, "templates": dict(self.templates)}
        return {name: value for name, value in known.items() if value}

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
    _make_sense(settings)
    return settings


def _make_sense(settings: Settings) -> None:
    """Give what makes no sense its default."""
    usual = Settings(settings.file)
    settings.chosen_programs = _texts(settings.chosen_programs)
    settings.templates = {
        name: text
        for name, text in _texts(settings.templates).items()
        if _is_good(check_template, name, text)
    }
    settings.periods = {
        str(name): float(seconds)
        for name, seconds in settings.periods.items()
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < _LONGEST
    }
    if settings.on_close not in ON_CLOSE:
        settings.on_close = usual.on_close
    if settings.appearance not in APPEARANCES:
        settings.appearance = usual.appearance
    if settings.mail_tls not in TLS_PORTS:
        settings.mail_tls = usual.mail_tls
    if settings.webhook and not _is_good(check_web_address, settings.webhook):
        settings.webhook = usual.webhook
    if not 0 <= settings.compress_logs_after <= MOST_DAYS:
        settings.compress_logs_after = usual.compress_logs_after


def _texts(table: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(text) for name, text in table.items()}


def _is_good(check: Callable[..., object], *values: str) -> bool:
    try:
        check(*values)
    except InvalidValue:
        return False
    return True

"""The machines that run tasks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from farmgui.domain.limits import AGENT_LIMITS
from farmgui.domain.machines import check_hostname, check_share, mac_address
from farmgui.domain.states import AgentState
from farmgui.models.base import Base, LongText, Megabytes, Name
from farmgui.models.software import SoftwareVersion, agent_software_versions
from farmgui.models.tag import Tag, agent_tags
from farmgui.models.validation import checked_state


class Agent(Base):
    """A machine that runs tasks.

    `enabled` is what a wrangler wants of it, `state` what the lead observes: offline or online. That it is
    busy follows from its open attempts and isn't stored.
    """

    __tablename__ = "agents"
    REPR = ("id", "hostname", "state", "enabled")

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    hostname: Mapped[Name]
    state: Mapped[AgentState] = mapped_column(default=AgentState.OFFLINE)
    enabled: Mapped[bool] = mapped_column(default=True)
    incarnation: Mapped[str] = mapped_column(String(64))
    """New at each start of the agent process."""
    pid: Mapped[int | None]
    cpus: Mapped[int]
    ram: Mapped[Megabytes]
    free_ram: Mapped[Megabytes | None]
    cpu_allocation: Mapped[float] = mapped_column(default=1.0)
    """The share of its cpus that tasks may use, 0 to 1."""
    ram_allocation: Mapped[float] = mapped_column(default=0.8)
    """The share of its memory that tasks may use, 0 to 1."""
    cpu_name: Mapped[str] = mapped_column(String(128), default="")
    address: Mapped[str | None] = mapped_column(String(255))
    port: Mapped[int | None]
    os_class: Mapped[str] = mapped_column(String(16), default="")
    """ "linux", "windows", "mac", "bsd" or "other"; "" before it has told."""
    os: Mapped[str] = mapped_column(String(128), default="")
    version: Mapped[str] = mapped_column(String(32), default="")
    joined: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It came through the engine, from another machine than the lead's perhaps."""
    log_folder: Mapped[LongText] = mapped_column(default="", server_default="")
    """Where it keeps the logs of attempts; "": where the lead does."""
    python: Mapped[LongText] = mapped_column(default="", server_default="")
    """The Python that it runs scripts with."""
    assemble_tiles: Mapped[LongText] = mapped_column(default="", server_default="")
    """Its script that puts tiles together."""
    notes: Mapped[LongText] = mapped_column(default="")
    last_heard_from: Mapped[datetime | None]
    last_success_on: Mapped[datetime | None]
    """When a task was last done on it."""

    tags: Mapped[list[Tag]] = relationship(
        secondary=agent_tags, back_populates="agents", passive_deletes=True
    )
    software_versions: Mapped[list[SoftwareVersion]] = relationship(
        secondary=agent_software_versions, passive_deletes=True
    )
    gpus: Mapped[list[AgentGpu]] = relationship(
        order_by="AgentGpu.number", cascade="all, delete-orphan", passive_deletes=True
    )
    disks: Mapped[list[AgentDisk]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    mac_addresses: Mapped[list[AgentMacAddress]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    def is_usable(self) -> bool:
        """Whether it is given work: it is online, and nobody has disabled it."""
        return self.enabled and self.state is not AgentState.OFFLINE

    @validates("hostname")
    def validate_hostname(self, _key: str, value: object) -> str:
        """A name as networks know it."""
        return check_hostname(value)

    @validates("state")
    def validate_state(self, _key: str, value: object) -> AgentState:
        """One of the words of AgentState."""
        return checked_state(AgentState, value, "an agent")

    @validates(*AGENT_LIMITS)
    def validate_resource(self, key: str, value: object) -> int | None:
        """In the range of its kind (`domain.limits`)."""
        return AGENT_LIMITS[key].check(value)

    @validates("cpu_allocation", "ram_allocation")
    def validate_allocation(self, key: str, value: object) -> float:
        """0 to 1."""
        return check_share(value, f"The {key} of an agent")


class AgentGpu(Base):
    """A graphics card; two of one kind are two rows."""

    __tablename__ = "agent_gpus"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """As the driver counts them, from 0."""
    name: Mapped[str] = mapped_column(String(128))
    ram: Mapped[Megabytes | None]


class AgentDisk(Base):
    """A disk, in bytes."""

    __tablename__ = "agent_disks"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    mountpoint: Mapped[str] = mapped_column(String(255), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    free: Mapped[int] = mapped_column(BigInteger)


class AgentMacAddress(Base):
    """The address of a network card, written "00:50:56:10:00:aa"."""

    __tablename__ = "agent_mac_addresses"

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    mac_address: Mapped[str] = mapped_column(String(17), primary_key=True)

    @validates("mac_address")
    def validate_mac_address(self, _key: str, value: object) -> str:
        """However it is written, or as a number."""
        return mac_address(value)

"""The table of software: programs, and the order of their versions."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from farmgui.domain.catalogue import SoftwareRow, VersionRow
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.models import (
    JobSoftwareRequirement,
    JobTypeSoftwareRequirement,
    Software,
    SoftwareVersion,
    agent_software_versions,
)
from farmgui.services.catalogue import Commands, checked_name, counts_by

RANK_STEP: Final = 100
"""Between a version and the next, so that one can be put between them (PyFarm 8.4)."""


class SoftwareTable(Commands):
    """Commands on software, by name."""

    def rows(self) -> list[SoftwareRow]:
        """All programs by name, each with its versions from the oldest to the newest."""
        with self._database.reading() as session:
            agents = counts_by(session, agent_software_versions.c.software_version_id)
            found = session.scalars(select(Software).order_by(Software.software))
            return [
                SoftwareRow(
                    software.software,
                    tuple(
                        VersionRow(one.version, one.rank, one.default, agents.get(one.id, 0))
                        for one in software.versions
                    ),
                )
                for software in found
            ]

    def create(self, name: str) -> None:
        """Add a program without versions. Raises InvalidValue where it is there already."""
        name = checked_name(name, "a program", forbidden=", ")
        with self._changing(f'There is the software "{name}" already.') as session:
            session.add(Software(software=name))

    def rename(self, name: str, new: str) -> None:
        """Give a program another name. Raises NotFound and InvalidValue."""
        new = checked_name(new, "a program", forbidden=", ")
        with self._changing(f'There is the software "{new}" already.') as session:
            known_software(session, name).software = new

    def remove(self, name: str) -> None:
        """Remove a program with its versions. Raises NotFound, and InvalidValue while jobs need it."""
        with self._changing() as session:
            software = known_software(session, name)
            _check_unused(session, name, software.id, None)
            session.delete(software)

    def add_version(self, name: str, version: str, rank: int | None = None, *, default: bool = False) -> None:
        """Add a version; without `rank` it is the newest. Raises NotFound and InvalidValue."""
        version = checked_name(version, "a version", forbidden=", ")
        if ".." in version:
            raise InvalidValue('A version is written without "..", which stands between two of them.')
        with self._changing(f"{name} has that version or rank already.") as session:
            add_version(session, known_software(session, name), version, rank, default=default)

    def change_version(
        self,
        name: str,
        version: str,
        *,
        new: str | None = None,
        rank: int | None = None,
        default: bool | None = None,
    ) -> None:
        """Change what isn't None. Raises NotFound and InvalidValue."""
        with self._changing(f"{name} has such a version or rank already.") as session:
            one = known_version(known_software(session, name), version)
            if new is not None:
                one.version = checked_name(new, "a version", forbidden=", ")
            if rank is not None:
                one.rank = rank
            if default is not None:
                one.default = default

    def move_version(self, name: str, version: str, *, newer: bool) -> None:
        """Let a version change places with its neighbour. Raises NotFound; nothing at the end of the row."""
        with self._changing() as session:
            software = known_software(session, name)
            order = list(software.versions)
            place = order.index(known_version(software, version))
            other = place + (1 if newer else -1)
            if not 0 <= other < len(order):
                return
            one, neighbour = order[place], order[other]
            ranks = one.rank, neighbour.rank
            # Two may not have the same rank, not even for a moment.
            one.rank = min(version.rank for version in order) - 1
            session.flush()
            neighbour.rank = ranks[0]
            session.flush()
            one.rank = ranks[1]

    def remove_version(self, name: str, version: str) -> None:
        """Remove a version. Raises NotFound, and InvalidValue while jobs name it."""
        with self._changing() as session:
            software = known_software(session, name)
            one = known_version(software, version)
            _check_unused(session, f"{name} {version}", software.id, one.id)
            session.delete(one)


def known_software(session: Session, name: str) -> Software:
    """The program `name`. Raises NotFound telling what there is."""
    found = session.scalars(select(Software).where(Software.software == name)).first()
    if found is None:
        known = ", ".join(session.scalars(select(Software.software).order_by(Software.software)))
        how = "Farm → Software in the window adds it, or farmgui software add"
        there = f"Known is: {known}." if known else f"None is known yet: {how}"
        raise NotFound(f'There is no software "{name}". {there}')
    return found


def known_version(software: Software, version: str) -> SoftwareVersion:
    """A version of a program. Raises NotFound telling which there are."""
    for one in software.versions:
        if one.version == version:
            return one
    known = ", ".join(one.version for one in software.versions)
    raise NotFound(f"{software.software} has no version {version}. Known are: {known or 'none yet'}.")


def add_version(
    session: Session, software: Software, version: str, rank: int | None = None, *, default: bool = False
) -> SoftwareVersion:
    """A new version, the newest one where no rank is given."""
    if rank is None:
        rank = max((one.rank for one in software.versions), default=0) + RANK_STEP
    added = SoftwareVersion(version=version, rank=rank, default=default)
    software.versions.append(added)
    session.flush()
    return added


def _check_unused(session: Session, name: str, software_id: int, version_id: int | None) -> None:
    """Raise InvalidValue where jobs or job types need the program, or where it is given the version."""
    needs: tuple[Any, ...] = (JobSoftwareRequirement, JobTypeSoftwareRequirement)
    for need in needs:
        query = select(func.count()).select_from(need).where(need.software_id == software_id)
        if version_id is not None:
            query = query.where((need.min_version_id == version_id) | (need.max_version_id == version_id))
        number = session.scalar(query)
        if number:
            one, more = "job", "jobs"
            if need is JobTypeSoftwareRequirement:
                one, more = "version of a job type", "versions of job types"
            who = f"1 {one} needs" if number == 1 else f"{number} {more} need"
            raise InvalidValue(f"{who} {name}. Take that need away first.")

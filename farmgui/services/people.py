"""People and their roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from farmgui.domain.catalogue import RoleRow, UserRow
from farmgui.domain.errors import InvalidValue, NotFound
from farmgui.models import Job, Role, User, user_roles
from farmgui.services.catalogue import Commands, checked_name, counts_by

# No more than what keeps a header of a mail whole: whether an address works, only its server knows.
_EMAIL: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


class People(Commands):
    """Commands on users and roles, by name."""

    def rows(self) -> list[UserRow]:
        """All users, by name."""
        with self._database.reading() as session:
            jobs = counts_by(session, Job.user_id)
            found = session.scalars(select(User).options(selectinload(User.roles)).order_by(User.name))
            return [
                UserRow(
                    user.name,
                    user.email,
                    user.active,
                    user.expiration,
                    tuple(sorted(role.name for role in user.roles)),
                    jobs.get(user.id, 0),
                )
                for user in found
            ]

    def roles(self) -> list[RoleRow]:
        """All roles, by name."""
        with self._database.reading() as session:
            users = counts_by(session, user_roles.c.role_id)
            found = session.scalars(select(Role).order_by(Role.name))
            return [
                RoleRow(role.name, role.active, role.expiration, role.description, users.get(role.id, 0))
                for role in found
            ]

    def create(self, name: str, values: Mapping[str, object] | None = None) -> None:
        """Add a user. Raises InvalidValue where there is one of that name, or for a wrong value."""
        name = checked_name(name, "a user", 255, forbidden=",:")
        with self._changing(f'There is the user "{name}", or one with that address, already.') as session:
            user = User(name=name)
            session.add(user)
            session.flush()
            _set(session, user, values or {})

    def change(self, name: str, values: Mapping[str, object]) -> None:
        """Set `email`, `active`, `expiration` or `roles` (names; they are made where missing).

        Raises NotFound and InvalidValue.
        """
        with self._changing("Another user has that address already.") as session:
            _set(session, known_user(session, name), values)

    def remove(self, name: str) -> None:
        """Remove a user. Raises NotFound, and InvalidValue while there are jobs of theirs."""
        with self._changing() as session:
            user = known_user(session, name)
            jobs = session.scalar(select(func.count()).select_from(Job).where(Job.user_id == user.id))
            if jobs:
                raise InvalidValue(
                    f"{jobs} jobs belong to {name}. Give them to somebody else, or set the user inactive."
                )
            session.delete(user)

    def put_role(
        self, name: str, *, active: bool = True, expiration: datetime | None = None, description: str = ""
    ) -> None:
        """Add a role, or change it. Raises InvalidValue."""
        with self._changing() as session:
            role = _role(session, name)
            role.active, role.expiration, role.description = active, expiration, description

    def remove_role(self, name: str) -> None:
        """Remove a role from all who have it. Raises NotFound."""
        with self._changing() as session:
            role = session.scalars(select(Role).where(Role.name == name)).first()
            if role is None:
                raise NotFound(f'There is no role "{name}".')
            session.delete(role)


def known_user(session: Session, name: str) -> User:
    """The user `name`. Raises NotFound."""
    user = session.scalars(select(User).where(User.name == name)).first()
    if user is None:
        raise NotFound(f'There is no user "{name}".')
    return user


def _set(session: Session, user: User, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        match name, value:
            case "email", None | "":
                user.email = None
            case "email", str():
                if not _EMAIL.fullmatch(value) or len(value) > 255:
                    raise InvalidValue(f'"{value}" is no mail address. Write it like ana@studio.example.')
                user.email = value
            case "active", bool():
                user.active = value
            case "expiration", datetime() | None:
                user.expiration = value
            case "roles", _ if isinstance(value, Iterable) and not isinstance(value, str):
                user.roles = [_role(session, str(one)) for one in dict.fromkeys(value)]
            case _:
                raise InvalidValue(f'"{name}" of a user can\'t be set to {value!r}.')


def _role(session: Session, name: str) -> Role:
    """The role `name`; it is made where it is missing."""
    name = checked_name(name, "a role", 128, forbidden=", ")
    role = session.scalars(select(Role).where(Role.name == name)).first()
    if role is None:
        role = Role(name=name)
        session.add(role)
        session.flush()
    return role

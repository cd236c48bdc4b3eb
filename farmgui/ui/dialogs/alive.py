"""Answers from the background that come after their dialog has gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

T = TypeVar("T")


def if_alive(owner: QObject, done: Callable[[T], None]) -> Callable[[T], None]:
    """`done`, called only while `owner` still exists: a dialog may be closed before the answer comes."""

    def call(outcome: T) -> None:
        if isValid(owner):
            done(outcome)

    return call

"""Letters to reach fields by the keyboard, for labels that come from job types and can't name their own."""

from __future__ import annotations


class Mnemonics:
    """Gives each label the first of its letters that is still free in this dialog."""

    def __init__(self, taken: str = "") -> None:
        self._taken = set(taken.casefold())

    def give(self, text: str) -> str:
        """`text` with an & before its letter; without one where none is free."""
        for at, letter in enumerate(text):
            if letter.isalpha() and letter.casefold() not in self._taken:
                self._taken.add(letter.casefold())
                return f"{_plain(text[:at])}&{_plain(text[at:])}"
        return _plain(text)


def _plain(text: str) -> str:
    return text.replace("&", "&&")

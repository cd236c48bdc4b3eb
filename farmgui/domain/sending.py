"""When a notice that couldn't be sent is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from farmgui.domain.errors import FarmError

PASSWORD_VARIABLE: Final = "FARMGUI_SMTP_PASSWORD"  # noqa: S105  the name, not the password
"""Of the environment: the mail server's password where no file holds it. Tasks don't inherit it."""
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(days=3)
_MOST_DOUBLINGS: Final = 10


class NotSent(FarmError):
    """A notice wasn't sent; the text is a sentence that says why.

    `for_good`: the recipient or the notice itself was refused, so that trying again is of no use.
    `all_alike`: it is the way there that fails, so that others on the same way would fail, too.
    """

    def __init__(self, text: str, *, for_good: bool = False, all_alike: bool = False) -> None:
        super().__init__(text)
        self.for_good = for_good
        self.all_alike = all_alike


def next_try(tries: int, created: datetime, now: datetime) -> datetime | None:
    """When to try again after `tries` failures: 1 min, doubling to 1 h; None: give up, 3 days are over."""
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(tries - 1, _MOST_DOUBLINGS))
    again = now + delay
    return again if again <= created + GIVEN_UP_AFTER else None

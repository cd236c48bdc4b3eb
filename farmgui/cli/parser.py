"""What is wrong with a command line is one sentence, as any other error is."""

from __future__ import annotations

import argparse
import re
from typing import Final, NoReturn

from farmgui.domain.errors import InvalidValue

_NO_NUMBER: Final = re.compile(r"argument (?:-+)?([^:]+): invalid int value: '(.*)'", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Reads a command line; the commands below it are read by parsers of the same kind."""

    def error(self, message: str) -> NoReturn:
        """Raise InvalidValue with `message` as a sentence, and where to read on."""
        found = _NO_NUMBER.fullmatch(message)
        if found is not None:
            message = f'the {found[1]} is a whole number, not "{found[2]}"'
        raise InvalidValue(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")

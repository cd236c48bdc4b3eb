"""A program that sends what is due and ends: `python -m tests.services.send_once SETTINGS DATABASE_URL`."""

from __future__ import annotations

import sys
from pathlib import Path

from farmgui.config import read_settings
from farmgui.services.database import open_database
from farmgui.services.sending import Sending

if __name__ == "__main__":
    database = open_database(sys.argv[2])
    Sending(database, read_settings(Path(sys.argv[1])), lambda: True).run()
    database.close()

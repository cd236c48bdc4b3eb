"""The sample: a short animation drawn by a script of ours, so that a new farm has something to show."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from farmgui.domain.errors import FarmError

SCRIPT: Final = "sunrise.py"


def prepare_sample(samples: Path, folder: Path) -> Path:
    """Put the sample of the `samples` folder of the resources into `folder`, and tell where it is.

    `folder` is made; a script that is there already stays. The draft of the script is the sample job. Raises
    FarmError where nothing can be written.
    """
    target = folder / SCRIPT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(samples / SCRIPT, target)
    except OSError as error:
        reason = error.strerror or error
        raise FarmError(f"The sample can't be put into {folder}: {reason}.") from error
    return target

"""Drafts of commands: words typed in, given to the command line, or a shell script that was dropped."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from farmgui.domain.jobtypes import JobTypeDefinition
from farmgui.submission.draft import Draft
from farmgui.submission.scene_text import read_scene_text


def draft_command(definition: JobTypeDefinition, command: Sequence[str], cwd: Path | None = None) -> Draft:
    """The draft of a command given as words; it runs in `cwd`, by default the folder that we are in."""
    title = Path(command[0]).name if command else ""
    return Draft(
        definition,
        title=title,
        values={"command": join_words(command)},
        copy_scene=False,
        cwd=cwd or Path.cwd(),
    )


def fill(draft: Draft, path: Path) -> Draft:
    """The draft for the shell script at `path`; raises UnreadableScene."""
    read_scene_text(path)
    command = [str(path)] if os.access(path, os.X_OK) else ["sh", str(path)]
    words = [word.replace("{", "{{").replace("}", "}}") for word in command]
    draft = replace(draft, path=path, copy_scene=False).with_values(command=join_words([*words, "{frame}"]))
    return draft.with_note("command", "The script is given the frame as its argument.")


def split_words(text: str) -> list[str]:
    """The words of a command as they are written in a form; raises ValueError for an open quote."""
    if os.name == "nt":
        # A backslash is no escape there.
        return [word.strip('"') for word in shlex.split(text, posix=False)]
    return shlex.split(text)


def join_words(words: Sequence[str]) -> str:
    """Words as a form shows them, so that split_words gives them back."""
    if os.name == "nt":
        return " ".join(f'"{word}"' if not word or " " in word else word for word in words)
    return shlex.join(words)

"""The colours of the window, dark and light: one set of names for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour that the window uses, as "#rrggbb"; `dark` tells which set it is."""

    dark: bool
    window: str
    base: str
    alternate: str
    raised: str
    text: str
    dim: str
    disabled: str
    border: str
    accent: str
    selection: str
    selection_text: str
    queued: str
    running: str
    done: str
    failed: str
    paused: str
    track: str
    error_back: str
    warning_back: str
    info_back: str


DARK: Final = Colours(
    dark=True,
    window="#24272c",
    base="#1b1d21",
    alternate="#1f2226",
    raised="#2e3238",
    text="#dcdfe4",
    dim="#969ca6",
    disabled="#646a74",
    border="#373b42",
    accent="#5b9be0",
    selection="#2d4562",
    selection_text="#ffffff",
    queued="#98a1ae",
    running="#62a8ee",
    done="#6cb87c",
    failed="#ec7b72",
    paused="#d9a84e",
    track="#34383f",
    error_back="#45292a",
    warning_back="#3f3522",
    info_back="#26364a",
)

LIGHT: Final = Colours(
    dark=False,
    window="#f1f2f4",
    base="#ffffff",
    alternate="#f8f9fa",
    raised="#ffffff",
    text="#1f2329",
    dim="#646b75",
    disabled="#a3a9b2",
    border="#d3d7dc",
    accent="#2468b4",
    selection="#cfe2f7",
    selection_text="#10253d",
    queued="#6b7480",
    running="#1f6fc4",
    done="#2b7f41",
    failed="#c0392f",
    paused="#94650a",
    track="#e3e6ea",
    error_back="#fbe4e2",
    warning_back="#fbf0d9",
    info_back="#e3eefa",
)


def colours_named(appearance: str) -> Colours:
    """The set for an appearance of the settings: "dark" or "light"."""
    return LIGHT if appearance == "light" else DARK


def colours_of(palette: QPalette) -> Colours:
    """The set that a widget with `palette` is painted in, so that delegates need no global."""
    return DARK if palette.window().color().lightness() < 128 else LIGHT


def make_palette(colours: Colours) -> QPalette:
    """The palette that the Fusion style paints with."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for names, colour in (
        ((role.Window, role.Button), colours.window),
        ((role.Base,), colours.base),
        ((role.AlternateBase,), colours.alternate),
        ((role.Text, role.WindowText, role.ButtonText), colours.text),
        ((role.ToolTipBase,), colours.raised),
        ((role.ToolTipText,), colours.text),
        ((role.PlaceholderText,), colours.dim),
        ((role.Highlight,), colours.selection),
        ((role.HighlightedText,), colours.selection_text),
        ((role.Link, role.LinkVisited, role.Accent), colours.accent),
        ((role.BrightText,), colours.failed),
        ((role.Light, role.Midlight), colours.raised),
        ((role.Mid, role.Dark), colours.border),
        ((role.Shadow,), "#101114" if colours.dark else "#b9bec6"),
    ):
        for name in names:
            palette.setColor(name, QColor(colour))
    for name in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(group.Disabled, name, QColor(colours.disabled))
    palette.setColor(group.Disabled, role.Highlight, QColor(colours.track))
    return palette

"""The lab's themes, and the palette that pictures are drawn with in each."""

from __future__ import annotations

from textual.theme import Theme

from zhtui.draw import inks

THEMES = (
    Theme(
        "lab-dark",
        primary="#7cc7ff",
        secondary="#b9a3ff",
        warning="#e8b75f",
        error="#ff6b6b",
        success="#8fd694",
        accent="#9fd3ff",
        foreground="#c8cedb",
        background=inks.NIGHT,
        surface=inks.NIGHT,
        panel="#1c212c",
        variables={"border": "#687185"},
    ),
    Theme(
        "lab-light",
        primary="#0b62b5",
        secondary="#6a4cc7",
        warning="#9a6400",
        error="#c0262d",
        success="#1f7a3d",
        accent="#0b62b5",
        foreground="#2b303b",
        background=inks.DAY,
        surface=inks.DAY,
        panel="#eeece4",
        dark=False,
        variables={"border": "#7e8491"},
    ),
    Theme(
        "lab-safe",
        primary="#56b4e9",
        secondary="#cc79a7",
        warning="#f0e442",
        error="#e69f00",
        success="#56b4e9",
        accent="#56b4e9",
        foreground="#d2d6de",
        background="#10131a",
        surface="#10131a",
        panel="#1a1f29",
        variables={"border": "#687080"},
    ),
)


PALETTES = {
    "lab-dark": inks.DARK,
    "lab-light": inks.LIGHT,
    "lab-safe": inks.SAFE,
    "ansi-dark": inks.SIXTEEN,
}

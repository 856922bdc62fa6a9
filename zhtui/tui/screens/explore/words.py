"""The words of the explore screen: the line on top, what happened, what a cell says."""

from __future__ import annotations

from zhtui import wording
from zhtui.ask.shown import Shown
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, TITLE, WRONG, YOURS
from zhtui.lesson.explore import NONE, Spot
from zhtui.lesson.views import Words, plain
from zhtui.tui.screens.explore.inquiry import MISTAKE, Inquiry
from zhtui.tui.widgets.lines import Part, words

HELP = """
A mechanism, one frame after the other: each shows numbers as pictures, says what happened, and what
to look for. What differs from the frame before is bright. The keys , and . go from frame to frame,
space plays them, the brackets jump between chapters, g goes to a number.

enter puts a cursor into a picture; then the arrows move it, the line below spells the arithmetic of
its cell, and escape takes it out. Where a cell can be poked, + and - change it: what moved by that
is bright, what moved and must not have is red. u takes the poke back.

p goes to a number that you can predict. m switches on a mistake that was really made, or draws one
for you to find. k goes to the knobs: the arrows turn them, enter types a value. What you guessed
and found is kept in the store.

While a run trains, its newest checkpoint is looked at again and again; < and > go through those
that were kept, L follows the newest again, f asks a live run to save one now, c lets it write. The
braces go to an older and a newer run. In a scene that can do without one, none comes after
the oldest; then there are knobs, too, for what a run brings along.
"""


def top(inquiry: Inquiry, number: str, place: str, hidden: bool) -> list[Part]:
    """The lesson and scene, the frame among all, its title, the mistake and the poke: what stays
    longest in a narrow line first, but that a title goes before what changed its numbers.
    """
    scene = f" · {inquiry.scene}" if inquiry.scene else ""
    parts = [Part(((f"{number} {inquiry.entry.name}{scene}".strip(), TITLE),), 99)]
    shown = inquiry.shown
    parts.append(words(place, PLAIN, 98))
    if shown is not None:
        chapter = f"{shown.chapter} · " if shown.chapter not in ("", shown.title) else ""
        parts.append(Part(((chapter, FAINT), (shown.title, CHOSEN)), 94))
    row = inquiry.row(MISTAKE)
    mistake = "" if row is None else "?" if hidden else str(inquiry.value(row))
    if mistake not in ("", NONE):
        parts.append(words(f"mistake {mistake}", WRONG, 97))
    if inquiry.poke is not None:
        spot, value = inquiry.poke
        said = wording.number(value) if isinstance(value, float) else str(value)
        parts.append(words(f"{spot.view}[{spot.row}, {spot.column}] := {said}", YOURS, 96))
    return parts


def moved(inquiry: Inquiry) -> list[tuple[Words, int]]:
    """What a poke moved, in words."""
    shown = inquiry.shown
    if inquiry.poke is None or shown is None:
        return []
    counts = [f"{int(mask.sum())} in {name}" for name, mask in shown.moved.items()]
    said = [("the poke moved " + (", ".join(counts) or "nothing here"), "yours")]
    wrong = [f"{int(mask.sum())} in {name}" for name, mask in shown.wrong.items()]
    if wrong:
        said.append((f"; must not have moved: {', '.join(wrong)}", "wrong"))
    return [(tuple(said), PLAIN)]


def story(inquiry: Inquiry, pointed: Words, asked: str) -> list[tuple[Words, int]]:
    """What happened, what to look for, what the cell under the cursor says."""
    shown = inquiry.shown
    if shown is None:
        return []
    if asked:
        return [(f"{asked}? Type what you expect, and enter.", YOURS)]
    told: list[tuple[Words, int]] = [(shown.say, PLAIN)] if plain(shown.say) else []
    if plain(shown.look):
        told.append((_prefixed("look for: ", shown.look), FAINT))
    told += moved(inquiry)
    return [*told, (_joined(pointed), GOOD)] if plain(pointed) else told


def state(inquiry: Inquiry, escape: str, waits: bool = False) -> list[tuple[Words, int]]:
    """What went wrong, or what is waited for, where that is to be told. `waits` is for a checkpoint
    that the run was asked for.
    """
    if waits:
        return [("asked the run for a checkpoint; it is shown as soon as it is saved", YOURS)]
    if inquiry.error:
        return [(inquiry.error, WRONG)]
    if inquiry.late:
        return [(f"this frame is taking long; {escape} ends it", YOURS)]
    if inquiry.shown is None:
        return [(inquiry.about or "the engine is starting …", FAINT)]
    return []


def names(shown: Shown | None, chosen: str) -> list[Part]:
    """The views of a frame; the one in sight is bright."""
    known = [] if shown is None else list(shown.views)
    here = known.index(chosen) if chosen in known else 0
    return [
        words(
            name, CHOSEN if name == chosen else FAINT, 99 if name == chosen else 50 - abs(i - here)
        )
        for i, name in enumerate(known)
    ]


def scenes(inquiry: Inquiry) -> list[Part]:
    """The scenes by number; the one in sight is bright."""
    known = inquiry.entry.scenes()
    parts = []
    for number, name in enumerate(known, 1):
        on = name == inquiry.scene
        parts.append(
            Part(((f"{number} ", FAINT), (name, CHOSEN if on else PLAIN)), 99 if on else 50)
        )
    return parts


def pokeable(shown: Shown | None, spot: Spot | None) -> str:
    """Why a cell cannot be poked, "" where it can."""
    if spot is None or shown is None:
        return "put the cursor on a cell first: enter, then the arrows"
    if spot.view not in shown.open:
        known = ", ".join(shown.open)
        return f"{spot.view} cannot be poked here" + (f"; {known} can" if known else "")
    return ""


def _joined(said: Words) -> Words:
    """The arithmetic of a cell and its meaning, one behind the other."""
    if isinstance(said, str):
        return said.replace("\n", " · ")
    return tuple((text.replace("\n", " · "), role) for text, role in said)


def _prefixed(prefix: str, said: Words) -> Words:
    return prefix + said if isinstance(said, str) else ((prefix, ""), *said)

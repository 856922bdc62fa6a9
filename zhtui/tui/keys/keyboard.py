"""The table of keys as one learner has it: some bound anew, arrows in plain words where need be."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Container, Iterator, Mapping, Sequence

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from zhtui.errors import ConfigError
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.table import Key, Place

# Places whose keys work at the same time, so that a key in one may hide another's.
TOGETHER = (
    ("anywhere", "home", "list"),
    ("anywhere", "lesson", "replay", "chart", "picture", "list", "knobs", "card", "notes"),
    ("anywhere", "runs", "list", "chart"),
    ("anywhere", "console"),
    ("anywhere", "source"),
    ("dialog", "reader"),
    ("anywhere", "player", "window"),
    ("anywhere", "dialog", "notes"),
    ("anywhere", "explore", "player", "picture", "list", "dials"),
)
PLAYED = ("lesson.own", "lesson.explore", "lesson.cards", "lesson.step")
MODIFIERS = {"shift", "ctrl", "alt", "meta", "super", "hyper"}
NAMED = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


class Keyboard:
    """`rebound` is id -> "key,key" in Textual's names; `plain` writes arrows as words."""

    def __init__(self, rebound: Mapping[str, str] | None = None, *, plain: bool = False) -> None:
        self.rebound, self.plain = rebound or {}, plain

    def parts(self, key: Key) -> list[str]:
        """The keys that a habit is on, in Textual's names."""
        return self.rebound.get(key.id, key.keys).split(",")

    def name(self, key: Key) -> str:
        """The key as it is written on a keyboard: its first, and the others after commas."""
        return ", ".join(self.written(part) for part in self.parts(key))

    def first(self, id: str) -> str:
        """The first key of the habit with that id, as it is written; "" where there is none."""
        known = (key for place in keys.PLACES.values() for key in place)
        return next((self.written(self.parts(key)[0]) for key in known if key.id == id), "")

    def line(self, *places: Place, idle: Container[str] = ()) -> list[tuple[str, str]]:
        """(key, word) of what the line of keys shows, in the table's order, without `idle` ids."""
        known = [key for place in places for key in keys.row(place)]
        shown = [key for key in known if key.shown and key.id not in idle]
        return [(self.written(self.parts(key)[0]), key.word) for key in shown]

    def written(self, part: str) -> str:
        """A key in Textual's name as it is written on a keyboard."""
        *modifiers, last = part.split("+")
        sign = (keys.NAMES.get(last) or key_to_character(last) or last).strip() or last
        word = last if self.plain and not sign.isascii() else sign
        return f"shift {word}" if modifiers == ["shift"] else "+".join([*modifiers, word])


USUAL = Keyboard()


def keyboard_of(app: object) -> Keyboard:
    """The keyboard of an app; the usual one in an app that has none."""
    keyboard = getattr(app, "keyboard", None)
    return keyboard if isinstance(keyboard, Keyboard) else USUAL


def named() -> dict[str, Key]:
    """The keys of a lesson that its notes can play, as they are written on a keyboard. Others may
    mean another thing on the lesson's own screen, which notes speak of too.
    """
    found: dict[str, Key] = {}
    for key in keys.row("lesson"):
        for part in key.keys.split(",") if key.id in PLAYED else ():
            found[USUAL.written(part)] = key
    return found


def no_run(app: object, key: str = "lesson.run") -> str:
    """What is said where there is no run yet, with the key that starts one."""
    return f"no run yet: {keyboard_of(app).first(key)} starts one"


def normal(text: str) -> str:
    """ "?, f1" in Textual's names: "question_mark,f1". Raises `ConfigError` for no such key."""
    return ",".join(_normal(part.strip()) for part in text.split(","))


def _normal(part: str) -> str:
    *modifiers, last = part.split("+") if part != "+" else ["plus"]
    if modifiers == ["shift"] and len(last) == 1:
        return last.upper()
    if len(last) == 1 and not last.isalnum():
        named = unicodedata.name(last, last).lower().replace("-", "_").replace(" ", "_")
        last = KEY_NAME_REPLACEMENTS.get(named, named)
    real = len(last) == 1 or last in NAMED or key_to_character(last) is not None
    if not real or not MODIFIERS.issuperset(modifiers):
        raise ConfigError(
            f"there is no key {part!r}; write one like r, R, ?, f5, escape, ctrl+r or shift+left, "
            "several with commas between them"
        )
    return "+".join([*modifiers, last])


def check(
    rebound: Mapping[str, str], lessons: Collection[str] = (), own: Sequence[Place] = ()
) -> tuple[str, str] | None:
    """The first id that cannot be bound so, and why; None where all can.

    `own` are the places of a lesson's screen. An id that begins with the name of one of `lessons`
    is looked at only once its screen has brought its keys.
    """
    places = (*keys.PLACES.values(), *map(keys.row, own))
    known = {key.id for place in places for key in place}
    for id in rebound:
        lab, dot, _ = id.partition(".")
        ahead = dot and lab in lessons and not any(each.startswith(f"{lab}.") for each in known)
        if id not in known and not ahead:
            near = difflib.get_close_matches(id, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "`zhtui keys` lists them"
            return id, f"there is no key with the id {id}; {hint}"
    return next(_clashes(Keyboard(rebound), own), None)


def _clashes(keyboard: Keyboard, own: Sequence[Place]) -> Iterator[tuple[str, str]]:
    """Keys bound anew that another habit of the same time and place has as well."""
    lonely = [(place,) for place in keys.PLACES if not any(place in each for each in TOGETHER)]
    together: list[Sequence[Place]] = [*TOGETHER, *lonely]
    if own:
        together.append(("anywhere", *own))
    for places in together:
        owners: dict[str, list[Key]] = {}
        for place in places:
            for key in keys.row(place):
                for part in keyboard.parts(key):
                    owners.setdefault(part, []).append(key)
        for part, several in owners.items():
            yield from _clash(keyboard, part, several)


def _clash(keyboard: Keyboard, part: str, several: list[Key]) -> Iterator[tuple[str, str]]:
    for key in several:
        for other in several if key.id in keyboard.rebound else ():
            shared = all(part in each.keys.split(",") for each in (key, other))  # as it always was
            if other.id != key.id and not shared:
                text = f"{part} is already the key of {other.id} ({other.text})"
                yield key.id, f"{text}; choose another key, or give that one another key too"

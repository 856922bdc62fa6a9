"""What a lesson's notes name that can be played: a run, a scene, a view, a key.

Notes are plain Markdown; what is in backquotes is an action where its place and its form say so:

    Run: `preset=quick lr=1`, then with `lr=2`        a run
    Explore: `gpt.attention head=2`                   a scene, with knobs
    view `race`, the views `values` and `race`        a view of the run
    Press: `x`, key `x`                               a key
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson

RUN, EXPLORE, VIEW, KEY = "run", "explore", "view", "key"
LABEL = re.compile(r"(?:^|\s)(Predict|Run|Explore|See|Say|Code|Press)(?: by [^:.]*)?:(?=\s|$)")
PAIR = re.compile(r"\w+=\S+")
PLACEHOLDER = re.compile(r"=[A-Z]{2,}\b")  # data=FILE: the learner has to say which
VIEWED = re.compile(r"\b[Vv]iews? $")
PRESSED = re.compile(r"\b([Pp]ress|[Kk]ey) $")
PRESET = re.compile(r"\bpresets? $")
MORE = re.compile(r"(, |, then |,? and )$")  # what stands between two of a kind


@dataclass(frozen=True)
class Action:
    """Something to play: of a kind, by its name, with KEY=VALUE pairs where it takes some.

    The name of a run is its preset ("" for the usual one), that of a scene is without its lesson.
    """

    kind: str
    name: str
    pairs: Sequence[str] = ()


def label(text: str) -> str:
    """Under which word a text stands: the last of "Run:", "See:" and so on; "" before the first."""
    found = LABEL.findall(text)
    return found[-1] if found else ""


class Aim:
    """Tells what the spans of a lesson's notes are, one after the other.

    `keys` are the keys that can be named, as they are written.
    """

    def __init__(self, name: str, card: Lesson, keys: Collection[str] = ()) -> None:
        self.name, self.card, self.keys = name, card, keys
        self.last: Action | None = None  # in this paragraph
        self.span = ""  # as it stands in the text

    def begin(self) -> None:
        """Another paragraph."""
        self.last, self.span = None, ""

    def __call__(self, before: str, span: str) -> Action | None:
        """What a span is, after a text; None where it is code."""
        if PLACEHOLDER.search(span):
            return None
        ways = (self._scene, self._run, self._view, self._key)
        found = next((each for way in ways if (each := way(before, span)) is not None), None)
        if found is not None:
            self.last, self.span = found, span
        return found

    def _goes_on(self, kind: str, before: str) -> bool:
        """Whether the last action was of a kind, and nothing but "and" stands between."""
        more, last = MORE.search(before), self.last
        near = more is not None and before[: more.start()].endswith(self.span)
        return near and last is not None and last.kind == kind

    def _scene(self, before: str, span: str) -> Action | None:
        first, *pairs = span.split()
        lesson, _, scene = first.partition(".")
        own = scene in self.card.scenes if self.card.scenes else not scene
        if lesson == self.name and own and _are_pairs(pairs):
            return Action(EXPLORE, scene, tuple(pairs))
        last, more = self.last, [first, *pairs]
        knob = _are_pairs(more) and not first.startswith("preset=") and label(before) != "Run"
        if last is not None and last.kind == EXPLORE and knob:
            return Action(EXPLORE, last.name, tuple(more))
        return None

    def _run(self, before: str, span: str) -> Action | None:
        first, *pairs = span.split()
        asked = label(before) in ("Run", "Press") or bool(PRESET.search(before))
        if first.startswith("preset="):
            first = first.removeprefix("preset=")
            return Action(RUN, first, tuple(pairs)) if _are_pairs(pairs) else None
        if asked and first in self.card.presets and _are_pairs(pairs):
            return Action(RUN, first, tuple(pairs))
        if asked and _are_pairs([first, *pairs]) and self._knobs([first, *pairs]):
            preset = self.last.name if self.last is not None and self.last.kind == RUN else ""
            return Action(RUN, preset, (first, *pairs))
        return None

    def _knobs(self, pairs: Sequence[str]) -> bool:
        known = {row.name for row in knobs.knobs(self.card.config)}
        return all(pair.split("=")[0] in known for pair in pairs)

    def _view(self, before: str, span: str) -> Action | None:
        viewed = VIEWED.search(before) or self._goes_on(VIEW, before)
        return Action(VIEW, span) if viewed else None

    def _key(self, before: str, span: str) -> Action | None:
        pressed = PRESSED.search(before) or label(before) == "Press" or self._goes_on(KEY, before)
        return Action(KEY, span) if pressed and span in self.keys else None


def _are_pairs(words: Sequence[str]) -> bool:
    return all(PAIR.fullmatch(word) for word in words)

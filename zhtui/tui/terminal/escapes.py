"""A frame in fewer bytes: each style is said once, where it changes, and not anew for every word.

Rich closes every stretch of text with a reset and opens the next one with all that it has. Here
only what differs is sent: half of a frame's bytes are styles, and a slow line has few to spare.
The terminal shows the same.
"""

from __future__ import annotations

import re
from functools import lru_cache

from zhtui.draw.inks import indexed

STYLES = re.compile(r"((?:\x1b\[[0-9;]*m)+)")  # what stands before a stretch of text
Look = tuple[str, str, str]  # attributes, ink, paper; each as the codes that make it
PLAIN: Look = ("", "39", "49")
HALVES = {"▀": "▄", "▄": "▀"}
LINED = {"4", "7", "9", "21", "53"}  # under, over, through, reversed: what a blank shows
NUMBERED = {
    "2;" + ";".join(str(part) for part in bytes.fromhex(indexed(index)[1:])): f"5;{index}"
    for index in range(16, 256)
}  # the colours that every terminal knows by a number, which is shorter


def lean(frame: str) -> str:
    """The same frame. It must begin and end without a style, as every frame of Rich's does."""
    first, *rest = STYLES.split(frame)
    if not rest:
        return frame
    parts, now, want = [first], PLAIN, PLAIN
    for styles, text in zip(rest[::2], rest[1::2], strict=True):
        want = _after(want, styles)
        if text and want != now:
            change, now, flipped = _way(now, want, text if text in HALVES else text.isspace())
            parts.append(change)
            text = flipped or text
        parts.append(text)
    parts.append(_way(now, want, False)[0])
    return "".join(parts)


@lru_cache(maxsize=8192)
def _way(now: Look, want: Look, text: str | bool) -> tuple[str, Look, str]:
    """(sequence, look, text) that show a text in a look: a half-block may stand on its head with
    its colours exchanged, and a blank (`text` is True) has no ink.
    """
    attributes, ink, paper = want
    ways = [(_change(now, want), want, "")]
    if text is True and not set(attributes.split(";")) & LINED:
        other = (attributes, now[1], paper)
        ways.append((_change(now, other), other, ""))
    elif isinstance(text, str) and not attributes and (ink[:2], paper[:2]) == ("38", "48"):
        other = (attributes, f"3{paper[1:]}", f"4{ink[1:]}")
        ways.append((_change(now, other), other, HALVES[text]))
    return min(ways, key=lambda way: len(way[0]))


@lru_cache(maxsize=4096)
def _after(look: Look, styles: str) -> Look:
    """What style sequences make of a look."""
    attributes, ink, paper = look
    words = iter(styles[2:-1].replace("m\x1b[", ";").split(";"))
    for word in words:
        if word in ("38", "48"):
            count = {"5": 1, "2": 3}.get(kind := next(words, ""), 0)
            colour = ";".join([kind, *(next(words, "") for _ in range(count))])
            colour = f"{word};{NUMBERED.get(colour, colour)}"
            ink, paper = (colour, paper) if word == "38" else (ink, colour)
        elif word in ("", "0"):
            attributes, ink, paper = PLAIN
        elif len(word) > 1 and word[:-1] in ("3", "9"):
            ink = word
        elif len(word) > 1 and word[:-1] in ("4", "10"):
            paper = word
        else:
            attributes = f"{attributes};{word}" if attributes else word
    return attributes, ink, paper


def _change(now: Look, want: Look) -> str:
    """The shortest sequence from one look to another."""
    if now == want:
        return ""
    if want == PLAIN:
        return "\x1b[0m"
    fresh = [
        "0",
        want[0],
        *(new for new, old in zip(want[1:], PLAIN[1:], strict=True) if new != old),
    ]
    words = [want[0]] * (now[0] != want[0])
    words += [new for new, old in zip(want[1:], now[1:], strict=True) if new != old]
    ways = [fresh] if now[0] and now[0] != want[0] else [words, fresh]
    return min((f"\x1b[{';'.join(filter(None, way))}m" for way in ways), key=len)

"""What else a token might have been: the alternatives as bars, and where the settings cut them."""

from __future__ import annotations

from zhtui.draw.bars import bar
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, PUBLISHED, SERIES, TITLE
from zhtui.lesson.sampling import Sampling, Token
from zhtui.tui.screens.console.branches import bits

Cut = tuple[int, str]  # how many alternatives stand above it, what it says


def shown(text: str) -> str:
    """A token's text where its blanks are seen."""
    return text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"


def cuts(token: Token, sampling: Sampling) -> list[Cut]:
    """Where the settings cut; the one that binds first. Empty where all is kept."""
    if not token.kept:
        return []
    if sampling.temperature == 0:
        return [(1, "temperature 0 takes the likeliest")]
    found = []
    by_k = sampling.top_k > 0
    if sampling.top_p < 1 and (not by_k or token.kept < sampling.top_k):
        found.append((token.kept, f"top-p {sampling.top_p:g} cuts here"))
    if by_k:
        found.append((sampling.top_k, f"top-k {sampling.top_k} cuts here"))
    return found


def number(value: float) -> str:
    """A probability in five characters."""
    if value != value:
        return "  –  "
    return f"{value:5.3f}".replace("0.", " .", 1) if value >= 0.0005 else " <.001"[-5:]


def draw(
    token: Token | None, sampling: Sampling, chosen: int | None, width: int, height: int
) -> Cells:
    """One line on the token itself, then its alternatives after temperature, the likeliest first.

    `chosen` is the alternative at the cursor; what stands in the text has a dot.
    """
    cells = Cells(width, height)
    if token is None:
        cells.put(1, 0, "no token yet", FAINT)
        return cells
    at = cells.put(1, 0, f'"{shown(token.text)}" ', TITLE)
    size = bits(token)
    words = (
        "its surprise was not measured"
        if size != size
        else f"p {number(token.probability).strip()}"
    )
    at = cells.put(at + 1, 0, words, PLAIN)
    if size == size:
        at = cells.put(at + 2, 0, f"{size:.2f} bits", PLAIN)
    cells.put(at + 2, 0, f"entropy {token.entropy:.2f}", FAINT)
    if height > 2:
        _bars(cells, token, cuts(token, sampling), chosen)
    return cells


def _bars(cells: Cells, token: Token, lines: list[Cut], chosen: int | None) -> None:
    labels = [shown(text)[:12] for text, _ in token.alternatives]
    margin = max((len(label) for label in labels), default=1) + 4
    length = max(cells.width - margin - 8, 1)
    most = max((chance for _, chance in token.alternatives), default=1.0) or 1.0
    y = 2 if cells.height > 8 else 1
    limit = min((count for count, _ in lines), default=len(labels))
    for index, (label, (text, chance)) in enumerate(zip(labels, token.alternatives, strict=True)):
        for count, words in lines:
            if count == index:
                y = _line(cells, y, words)
        ink = FAINT if index >= limit else PLAIN
        cells.put(0, y, "▸" if index == chosen else " ", CHOSEN)
        cells.put(1, y, "●" if text == token.text else " ", TITLE)
        cells.put(3, y, label, CHOSEN if index == chosen else ink)
        cells.put(margin, y, bar(chance / most, length), FAINT if index >= limit else SERIES)
        cells.put(cells.width - 6, y, number(chance), ink)
        y += 1
    _rest(cells, y, token, lines, len(labels))


def _rest(cells: Cells, y: int, token: Token, lines: list[Cut], count: int) -> None:
    """What the list does not show: a token beyond it, a cut beyond it, or that nothing is cut."""
    if all(text != token.text for text, _ in token.alternatives) and token.alternatives:
        cells.put(1, y, f"● {shown(token.text)[:12]}  stands further down", FAINT)
        y += 1
    for above, words in lines:
        if above >= count:
            y = _line(cells, y, words if above == count else f"{words.split(' cuts')[0]} → {above}")
    if not lines and token.kept:
        cells.put(3, y, f"nothing is cut: {token.kept:,} may come", FAINT)


def _line(cells: Cells, y: int, words: str) -> int:
    room = max(cells.width - 7, 8)
    cells.put(1, y, f" {words} ".center(room, "╌")[:room], PUBLISHED)
    return y + 1

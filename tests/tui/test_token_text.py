"""A text of tokens, drawn where it is in sight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhtui.draw.text import places
from zhtui.lesson.sampling import Token
from zhtui.tui.screens.console import token_text

TEXTS = st.lists(st.text("ab \n日", max_size=5), max_size=30)


@given(st.text("ab \n", max_size=20), TEXTS, st.integers(4, 20), st.booleans())
def test_lines_are_laid_as_the_whole_text_would_be(
    prompt: str, texts: list[str], width: int, shaded: bool
) -> None:
    tokens = [Token(text=text, probability=0.01) for text in texts]
    whole = prompt + "".join(texts)
    laid = token_text.draw(prompt, tokens, width, 1000, shaded=shaded, cursor=0)
    spots = list(places(whole, max(width - 2, 2)))
    shown = [[" "] * width for _ in range(1000)]
    for x, y, glyph in spots:
        if glyph != "\n":
            shown[y][1 + min(x, width - 2)] = glyph
    for y in range(max((y for _, y, _ in spots), default=0) + 1):
        row = laid.cells.text(y).replace("⏎", " ").rstrip()
        assert row.replace(" ", "") == "".join(shown[y]).replace(" ", "")
    place = len(prompt)
    for text, row in zip(texts, laid.rows, strict=True):
        if text:
            assert row == spots[place][1]
        place += len(text)


@given(TEXTS, st.integers(0, 30), st.integers(1, 10))
def test_what_is_in_sight_is_as_if_all_had_been_drawn(
    texts: list[str], top: int, height: int
) -> None:
    tokens = [Token(text=text, probability=0.01) for text in texts]
    whole = token_text.draw("ab", tokens, 12, 1000, shaded=True)
    part = token_text.draw("ab", tokens, 12, height, top=top, shaded=True)
    assert list(part.rows) == list(whole.rows)
    for y in range(top, min(top + height, part.cells.height)):
        assert list(part.cells.runs(y)) == list(whole.cells.runs(y))


def test_a_token_without_text_stands_where_the_next_one_does() -> None:
    tokens = [Token("a\n"), Token(""), Token("b"), Token("")]
    assert list(token_text.draw("", tokens, 20, 5).rows) == [0, 1, 1, 1]

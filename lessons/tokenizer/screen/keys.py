"""The inspector's keys, and what it explains."""

from __future__ import annotations

from zhtui.screen import PLAYER, Key, picked

HELP = """
A text, cut into tokens as it is after so many merges. A token of one byte has no colour, a longer
one has; what the next merge joins is lit. Under the text stands the token at the cursor. A
character in amber is torn: its bytes lie in several tokens.

x makes a mistake that learners make: rank ignored, characters for bytes, no cut into chunks. Then
what is wrong is red, a line on top says why, m goes to the next such place, and under the text
stands what would be right there. x again: the next mistake, and none.

1 the text. 2 its pairs, and how often each occurs; the lit one is joined next. 3 how the token at
the cursor was joined, down to its bytes. 4 all tokens. 5 the same texts through several
vocabularies. 6 what surprises people about tokens.
"""

MERGES = picked(
    PLAYER,
    {
        "player.on": ("merge", "make the next merge"),
        "player.back": ("unmerge", "take the last merge back"),
        "player.ten": ("", "make ten merges"),
        "player.ten_back": ("", "take ten back"),
        "player.run": ("run", "run through the merges, faster and faster; stop"),
        "player.go": ("go to", "go to a merge by its number"),
        "player.first": ("", "back to bytes"),
        "player.last": ("", "to the last merge"),
    },
)
HERE = (
    *MERGES,
    Key("tokenizer.mistake", "x", "mistake", "mistake", "a learner's mistake; the next; none"),
    Key("tokenizer.token", "l", "token(1)", "", "the cursor to the next token", False),
    Key("tokenizer.token_back", "h", "token(-1)", "", "the cursor to the token before", False),
    Key("tokenizer.next", "n", "find(1)", "next", "to the next place of this token"),
    Key("tokenizer.previous", "N", "find(-1)", "", "to the place before", False),
    Key("tokenizer.where", "m", "where", "where", "to what the next merge joins, or what is wrong"),
    Key("tokenizer.tree", "t", "to(3)", "tree", "how the token at the cursor was joined"),
    Key("tokenizer.compare", "c", "compare", "compare", "other vocabularies; again: the curve"),
    Key("tokenizer.search", "slash", "search", "find", "find a token in the vocabulary"),
    Key("tokenizer.chunks", "b", "chunks", "chunks", "colour chunks instead of tokens, and back"),
    Key("tokenizer.split", "s", "split", "split", "learn again with the next split"),
    Key(
        "tokenizer.vocabulary",
        "v",
        "vocabulary",
        "whose",
        "whose tokens: learned here, the run's, GPT-2's …",
    ),
    Key("tokenizer.text", "o", "ask_text", "text", "another text: a data set, a file, or typed"),
    Key("tokenizer.pane", "tab", "pane(1)", "", "the next pane", False),
    Key("tokenizer.pane_back", "shift+tab", "pane(-1)", "", "the pane before", False),
    *(Key(f"tokenizer.pane_{i}", str(i), f"to({i})", "", f"pane {i}", False) for i in range(1, 7)),
    Key("tokenizer.close", "escape", "back", "back", "leave the search, then the screen"),
)
KEYS = {"Here": HERE}

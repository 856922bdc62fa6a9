"""What the net of a run has learned: its W beside the counts, and how words surprise it.

V characters; N pairs of the words that are asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.bigram import views
from lessons.bigram.build import model
from lessons.bigram.corpus import build
from lessons.bigram.generate import last_character
from lessons.bigram.model import probabilities
from lessons.blocks.names import EDGE, examples
from zhtui.lab import Frame, LabError, Poke, Run, Spot, Table, Text, Words, knob

USUAL = "emma olivia ava"


@dataclass(frozen=True)
class Ask:
    text: str = knob(USUAL, "words to read, with blanks between")
    row: int = knob(0, "the character whose die is shown", low=0, points="W.row")


def pairs(
    characters: str, ids: list[list[int]], counted: torch.Tensor, learned: torch.Tensor
) -> Table:
    """Both probabilities of each pair (a, b), and the net's negative log-likelihood."""
    lines = []
    for a, b in ids:
        p, q = counted[a, b].item(), learned[a, b].item()
        names = views.label(characters[a]), views.label(characters[b])
        lines.append((*names, f"{p:.4f}", f"{q:.4f}", f"{-math.log(q):.4f}" if q else "∞"))
    return Table(("after", "comes", "counted", "net", "-log net"), lines)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    if run is None:
        raise LabError("inside looks at a run of bigram; choose one, or start one.")
    net, (tally, _) = model(run), run.once(build)
    alphabet, counts, learned = tally.alphabet, tally.counts, net.table()
    asked = ask.text.split()
    if ask.text == USUAL:  # nobody chose these: what the net cannot read is left out
        asked = [word for word in asked if not alphabet.unknown(word)]
    words = poke("words", " ".join(asked)).split()
    end = last_character("\n".join(words), alphabet)
    counted = probabilities(counts, run.config.smoothing)  # (V, V)
    keep: dict[str, Any] = {
        "characters": alphabet.characters, "counts": counts, "counted": counted,
        "learned": learned, "W": net.W.detach().cpu(),
    }  # fmt: skip
    yield Frame(
        "table", {
            "W": views.weights(keep["W"], counts, alphabet),
            "log-counts": views.log_counts(counts, alphabet, run.config.smoothing),
        },
        "W as the net has it now, and the logarithms that it is on its way to",
        "rows that are rarely used are the last to agree", keep=keep, chapter="learned",
    )  # fmt: skip
    gap = views.misfit(counts, learned, alphabet)
    yield Frame(
        "misfit", {"misfit": gap}, f"together {sum(gap.values):.6f} nats above the counts",
        "a row with a pair that never came would need a W of −∞",
        keep=keep | {"rows": list(gap.labels)},
    )  # fmt: skip
    row = min(ask.row, len(alphabet) - 1)
    name = views.label(alphabet.characters[row])
    yield Frame(
        "row", {"net": views.row(learned[row], alphabet, f"P(b | {name!r}) of the net"),
                "counted": views.row(counted[row], alphabet, f"P(b | {name!r}) as counted")},
        f"what may come after {name!r}", "enter on a row of W shows its die", keep=keep,
    )  # fmt: skip
    if words:
        yield from read(words, alphabet, counted, learned, keep)
    note = f"P(b | {views.label(alphabet.characters[end])!r}) of the net"
    yield Frame(
        "next", {"next": views.row(learned[end], alphabet, note)},
        "what may follow the last character", "it has forgotten all before that one", keep=keep,
        chapter="next",
    )  # fmt: skip


def read(
    words: list[str], alphabet: Any, counted: torch.Tensor, learned: torch.Tensor,
    keep: dict[str, Any],
) -> Iterator[Frame]:  # fmt: skip
    """The words' pairs, and how many bits each costs."""
    rows = examples(words, alphabet, 2)  # (N, 2)
    a, b = rows.T  # (N,), (N,)
    bits = -learned[a, b].log2()  # (N,)
    note = f"{bits.sum():.2f} bits, {bits.mean():.2f} a character; bright is surprising"
    shades = (bits / bits.max().clamp(min=1e-9)).numpy()
    keep |= {"pairs": rows.tolist()}
    yield Frame(
        "surprise", {
            "words": Text(" ".join(words)),
            "text": Text("".join(word + EDGE for word in words), shades, note=note),
        },
        f"{bits.mean():.2f} bits a character; a fair die costs {math.log2(len(learned)):.2f}",
        "the end of a word is a character, too", keep=keep, chapter="words",
    )  # fmt: skip
    yield Frame(
        "pairs", {"pairs": pairs(alphabet.characters, rows.tolist(), counted, learned)},
        f"{len(rows)} pairs, each under the counts and under the net",
        "where do the two differ most?", keep=keep,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, a, b = frame.keep, spot.row, spot.column
    names = keep["characters"]
    if spot.view in ("text", "pairs"):
        a, b = keep["pairs"][b if spot.view == "text" else a]
        p = keep["learned"][a, b].item()
        costs = f"−log2 {p:.4f} = {-math.log2(p):.2f} bits" if p else "−log2 0 = ∞ bits"
        return f"{costs}\nhow much {names[b]!r} surprised after {names[a]!r}"
    if spot.view in ("W", "log-counts") and len(names) <= views.WIDEST:
        p, q = keep["counted"][a, b].item(), keep["learned"][a, b].item()
        counted = f"counted {int(keep['counts'][a, b])} times, P = {p:.4f}; the net says {q:.4f}"
        return f"{counted}\n{names[b]!r} after {names[a]!r}"
    return ""

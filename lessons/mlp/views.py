"""What a run shows: the map of letters, the lines that counting draws, names and where they stand.

The map is C itself where it has two columns, else its first two principal components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lessons.blocks.names import Alphabet, Corpus, Parts
from lessons.blocks.naming import names
from lessons.mlp.model import MLP
from zhtui.lab import Bars, Run, Scatter, Text

VOWELS = "aeiou"
KINDS = {"in train": "faint", "held out": "lit", "new": "good"}  # of names, with the role of each


def plane(C: Tensor) -> tuple[Tensor, float]:
    """C (V, D) as points (V, 2), and the share of its variance that they keep."""
    centred = C - C.mean(0)  # (V, D)
    if C.shape[1] <= 2:
        return torch.cat([C, torch.zeros(len(C), 2 - C.shape[1])], dim=1), 1.0
    U, S, _ = torch.linalg.svd(centred, full_matrices=False)
    return U[:, :2] * S[:2], (S[:2].square().sum() / S.square().sum()).item()  # (V, 2)


def letter_map(C: Tensor, alphabet: Alphabet) -> Scatter:
    """Letters as points: near each other where the net treats them alike."""
    points, share = plane(C.detach().cpu().float())
    groups = [kind(character) for character in alphabet.characters]
    vowels = torch.tensor([group == 1 for group in groups])
    if C.shape[1] > 2 and vowels.any():  # a component has no sign of its own: vowels to the right
        points = points * torch.where(points[vowels].mean(0) < 0, -1.0, 1.0)
    note = f"row of C a letter; vowels, consonants, '.' ({share:.0%} of the variance)"
    labels = [c if c.isprintable() and c != " " else "␣" for c in alphabet.characters]
    return Scatter(points[:, 0].numpy(), points[:, 1].numpy(), labels, groups, note=note)


def kind(character: str) -> int:
    """0 the edge, 1 a vowel, 2 anything else."""
    return 0 if character == "." else 1 if character.lower() in VOWELS else 2


def ladder(row: Mapping[str, float]) -> Bars:
    """Losses beside what counting reaches on the same names."""
    labels = [name for name in ("train", "val", "test") if name in row]
    levels = {name: row[name] for name in ("uniform", "bigram", "trigram")}
    note = "nats a character; the lines are counts, scored on val"
    return Bars(labels, [row[name] for name in labels], levels=levels, note=note)


def where(word: str, parts: Parts) -> str:
    """Of a name that the net wrote: was it learned from, held out, or is it new?"""
    if word in parts.learned:
        return "in train"
    return "held out" if word in parts.held else "new"


def samples(words: Sequence[str], parts: Parts) -> Text:
    """Names a line each, coloured by where they stand."""
    text, roles = "", []
    found = [where(word, parts) for word in words]
    for word, place in zip(words, found, strict=True):
        roles.append((len(text), len(text) + len(word), KINDS[place]))
        text += word + "\n"
    counts = ", ".join(f"{found.count(place)} {place}" for place in KINDS)
    return Text(text.rstrip("\n"), roles=roles, note=counts)


def look(run: Run, model: MLP, corpus: Corpus, row: Mapping[str, float]) -> None:
    """All views of a step, after it."""
    run.show("map", letter_map(model.C, corpus.alphabet))
    run.show("ladder", ladder(row))

    def net(X: Tensor) -> Tensor:
        logits: Tensor = model(X.to(run.device))
        return logits

    words = names(net, corpus.alphabet, context=run.config.context, seed=run.seed)
    run.show("samples", samples(words, corpus.words))

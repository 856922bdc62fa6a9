"""Keys and values are kept while a text grows letter by letter, and what that takes in bytes.

T positions, S so far, C channels, H heads, G heads of keys and values, D channels each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lessons.attention.config import OFFSET
from lessons.attention.explore.layer import look_at, table
from lessons.attention.model import Cache, cache_bytes
from lessons.blocks.arithmetic import cell, figure
from lessons.blocks.causality import still
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Table, Text, Words, knob, mistakes

LONG, LAYERS, WIDE = 32_768, 32, 128  # positions, layers and channels a head of a 7 B model


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read, then written letter by letter")
    prompt: int = knob(3, "letters that are there at the start", low=1, high=63)
    heads: int = knob(2, "heads of queries on 8 channels", choices=(1, 2, 4, 8), without_run=True)
    kv_heads: int = knob(
        1, "heads of keys and values; divides heads", choices=(1, 2, 4, 8), without_run=True
    )
    mistake: str = mistakes((OFFSET,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    layer = look_at(run, poke, ask.text, ask.mistake, ask.heads, ask.kv_heads)
    X, letters, a, P = layer.X, layer.letters, layer.attention, ask.prompt
    T, C = X.shape
    if P >= T:
        raise LabError(f"prompt={P} is the whole text; let at least one of {T} letters follow it")
    whole, cache = a(X), Cache(T, a.parts)  # (T, C): all rows in one pass, to compare with
    for start, stop in [(0, P), *((t, t + 1) for t in range(P, T))]:
        read = a.read(X[start:stop], cache)
        out = a.project(a.parts.merge(read.out))[-1]  # (C,)
        assert cache.kv is not None, "a cache holds what was appended"
        K, V = cache.kv[:, 0]  # (T, D) each: the first head's
        keep = {"names": layer.names, "X": X, "K": K, "V": V, "A": read.weights[:, -1]}  # A (H, S)
        keep |= {"W_K": a.key.weight[: a.D], "W_V": a.value.weight[: a.D], "last": stop - 1}
        pairs = [(c, f"{out[c]:.4f}", f"{whole[stop - 1, c]:.4f}") for c in range(min(8, C))]
        yield Frame(
            "the prompt" if start == 0 else f"letter {start}", {
                "text": Text(layer.text[:stop], roles=[(start, stop, "lit")]),
                "X": table(X[:stop], letters), "K.1": table(K, letters), "V.1": table(V, letters),
                "A": Heatmap(keep["A"].numpy(), [f"head {h + 1}" for h in range(a.H)], letters),
                "check": Table(("channel", "cached", "in one pass"), pairs),
            },
            f"computed {stop - start}, kept {cache.used} in "
            f"{cache_bytes(cache.used, 1, a.G, a.D, 4)} bytes; the output differs from one pass "
            f"by {(out - whole[stop - 1]).abs().max():.1e}",
            "one row is added to K and V; none that was there is computed again",
            keep=keep, still=still(T, {"K.1": a.D, "V.1": a.D}),
            chapter={0: "prompt", P: "letters"}.get(start, ""),
            predict=Spot("check", 0, 1) if start == P else None,
        )  # fmt: skip
    small = cache_bytes(T, 1, a.G, a.D, 4)
    rows: list[tuple[str | int, ...]] = [(f"{a.G} of {a.D} channels", 1, T, f"{small} bytes")]
    for heads in (32, 8, 1):
        large = cache_bytes(LONG, LAYERS, heads, WIDE) / 1e9
        rows.append((f"{heads} of {WIDE} channels", LAYERS, LONG, f"{large:.2f} GB"))
    yield Frame(
        "bytes", {"bytes": Table(("key and value heads", "layers", "positions", "cache"), rows)},
        f"2 · {LAYERS} layers · 32 heads · {WIDE} · 2 bytes · {LONG} positions = {rows[1][-1]}",
        "8 heads of keys and values in place of 32 take a quarter", chapter="bytes",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "A":
        asks, heard = keep["names"][keep["last"]], figure(keep["A"][i, j])
        return f"head {i + 1}: {heard} of what {asks} hears comes from row {j} of the cache"
    return cell(spot.view[:1] if spot.view in ("K.1", "V.1") else spot.view, keep, i, j)

"""What the screen "look inside" shows of a text: the pictures of the scenes, all at once."""

from __future__ import annotations

from collections.abc import Iterator

from torch.nn.utils import parameters_to_vector

from lessons.gpt.explore.inside import gradient, lens, lens_by_character, parts_of, ridges
from lessons.gpt.pictures import grid, letters_of, sheet, stream, surprise
from lessons.gpt.reading import read, subject
from zhtui.lab import Run, View


def inspect(run: Run, text: str) -> Iterator[tuple[str, View]]:
    """Views of the model on `text`, cut to the context; each head by its layer and number."""
    of = read(*subject(run), text)
    layers, letters = list(enumerate(of.weights, 1)), letters_of(of)
    if layers:
        note = f"layer {len(layers)}, head 1 of {len(of.weights[0])}: row looks at column"
        yield "attention", grid(of.weights[-1][0], letters, note)
        yield "heads", sheet(of.weights)
    yield "stream", stream(of)
    yield "surprise", surprise(of)
    yield "lens", lens(of, 3)
    yield "lens by character", lens_by_character(of)
    flat = {name: x.flatten() for name, x in of.stream.items()}
    yield "activations", ridges(flat, "values of the residual stream")
    learned = {name: parameters_to_vector(p.parameters()) for name, p in parts_of(of).items()}
    yield "parameters", ridges(learned, "weights of each part")
    yield "gradient", gradient(of)
    for i, layer in layers:
        for j, head in enumerate(layer, 1):
            note = f"layer {i}, head {j}: row looks at column"
            yield f"attention {i}.{j}", grid(head, letters, note)

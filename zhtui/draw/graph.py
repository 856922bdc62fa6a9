"""A directed graph in layers from left to right, its edges routed between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, LIT, PLAIN, RULE
from zhtui.draw.wires import LEFT, Wires
from zhtui.lesson.views import Graph

Edge = tuple[str, str]
GAP = 1  # rows between two boxes


@dataclass
class Spot:
    """A box of the layout, or a bend (without lines) where an edge passes through a layer."""

    id: str
    lines: Sequence[str]
    lit: bool = False
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return len(self.lines) + 2 if self.lines else 1

    @property
    def width(self) -> int:
        return max((cell_len(text) for text in self.lines), default=-4) + 4

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass
class Plan:
    """Layers of spots and the short edges between neighbouring layers, each with its light."""

    layers: list[list[Spot]]
    hops: list[tuple[str, str, bool]] = field(default_factory=list)


def depths(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: one right of its furthest source; an edge that closes a circle is
    left out.
    """
    sources: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        sources[target].append(source)
    depth: dict[str, int] = {}
    for name in nodes:
        pending = [name]
        open_: set[str] = set()
        while pending:
            top = pending[-1]
            if top in depth:
                pending.pop()
                continue
            open_.add(top)
            missing = [s for s in sources[top] if s not in depth and s not in open_]
            if missing:
                pending.extend(missing)
                continue
            known = [depth[s] for s in sources[top] if s in depth]
            depth[pending.pop()] = max(known, default=-1) + 1
    return depth


def plan(view: Graph) -> Plan:
    """Nodes in layers, with bends where an edge is longer than one layer."""
    known = {node.id for node in view.nodes}
    edges = [edge for edge in view.edges if set(edge) <= known]
    depth = depths([node.id for node in view.nodes], edges)
    layers: list[list[Spot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in view.nodes:
        layers[depth[node.id]].append(Spot(node.id, list(node.lines) or [node.id], node.lit))
    result = Plan(layers)
    lit = set(view.lit)
    for number, (source, target) in enumerate(edges):
        last = source
        for layer in range(depth[source] + 1, depth[target]):
            bend = f"{number}·{layer}"
            layers[layer].append(Spot(bend, (), (source, target) in lit))
            result.hops.append((last, bend, (source, target) in lit))
            last = bend
        if depth[source] < depth[target]:
            result.hops.append((last, target, (source, target) in lit))
    _order(result)
    return result


def _order(layout: Plan) -> None:
    """Sorts each layer by the mean place of its neighbours, to and fro: fewer crossings."""
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for source, target, _ in layout.hops:
        before[target].append(source)
        after[source].append(target)
    for sweep in range(4):
        forward = sweep % 2 == 0
        near = before if forward else after
        for layer in layout.layers if forward else reversed(layout.layers):
            place = {s.id: i for row in layout.layers for i, s in enumerate(row)}
            means = {
                s.id: sum(place[n] for n in near[s.id]) / len(near[s.id])
                if near[s.id]
                else place[s.id]
                for s in layer
            }
            layer.sort(key=lambda spot: means[spot.id])


def draw(view: Graph, width: int, height: int) -> Cells:
    """The whole graph, at least `width` x `height`."""
    layout = plan(view)
    first = int(bool(view.note))
    lanes = _place(layout, first)
    spots = {spot.id: spot for layer in layout.layers for spot in layer}
    right = max((s.x + s.width for s in spots.values()), default=0)
    bottom = max((s.y + s.height for s in spots.values()), default=0)
    cells = Cells(max(width, right), max(height, bottom))
    wires = Wires(cells.width, cells.height)
    for source, target, lit in sorted(layout.hops, key=lambda hop: hop[2]):
        _wire(wires, spots[source], spots[target], lanes[source], lit)
    wires.paint(cells)
    for spot in spots.values():
        if spot.lines:
            _box(cells, spot)
    for source, target, lit in layout.hops:
        if spots[target].lines and spots[source].x < spots[target].x:
            cells.put(spots[target].x - 1, spots[target].middle, "▸", LIT if lit else RULE)
    cells.put(0, 0, view.note, FAINT)
    return cells


def _place(layout: Plan, top: int) -> dict[str, int]:
    """Gives every spot its corner; returns the x of the vertical lane of each spot's edges."""
    tall = [sum(s.height + GAP for s in layer) - GAP for layer in layout.layers]
    highest = max(tall, default=0)
    lanes: dict[str, int] = {}
    x = 0
    sources = {hop[0] for hop in layout.hops}
    for layer, height in zip(layout.layers, tall, strict=True):
        y = top + (highest - height) // 2
        wide = max((spot.width for spot in layer), default=0)
        for spot in layer:
            spot.x, spot.y = x, y
            y += spot.height + GAP
        fans = [spot for spot in layer if spot.id in sources]
        for index, spot in enumerate(fans):
            lanes[spot.id] = x + wide + 1 + index % 6
        x += wide + min(len(fans), 6) + 3
    return lanes


def _wire(wires: Wires, source: Spot, target: Spot, lane: int, lit: bool) -> None:
    """From the source's right side along to the lane, up or down it, and into the target."""
    start = source.x + (source.width if source.lines else 0)
    stop = target.x - 1 if target.lines else target.x
    wires.across(source.middle, start, lane, lit)
    wires.open(start, source.middle, LEFT)
    wires.along(lane, source.middle, target.middle, lit)
    wires.across(target.middle, lane, stop, lit)


def _box(cells: Cells, spot: Spot) -> None:
    ink = LIT if spot.lit else RULE
    bar = "─" * (spot.width - 2)
    cells.put(spot.x, spot.y, f"╭{bar}╮", ink)
    cells.put(spot.x, spot.y + spot.height - 1, f"╰{bar}╯", ink)
    for row, text in enumerate(spot.lines, 1):
        cells.put(spot.x, spot.y + row, "│" + " " * (spot.width - 2) + "│", ink)
        cells.put(spot.x + 2, spot.y + row, text, LIT if spot.lit else PLAIN)

"""A directed graph in layers from left to right, its edges routed between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CURSOR, FAINT, INVERSE, LIT, PLAIN, RULE, WRONG, YOURS
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks
from zhtui.draw.spots import Boxes
from zhtui.draw.wires import LEFT, Wires
from zhtui.lesson.views import Graph, Words, plain

Edge = tuple[str, str]
GAP = 1  # rows between two boxes


@dataclass
class Spot:
    """A box of the layout, or a bend (without lines) where an edge passes through a layer."""

    id: str
    lines: Sequence[Words]
    lit: bool = False
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        return len(self.lines) + 2 if self.lines else 1

    @property
    def width(self) -> int:
        return max((words.width(text) for text in self.lines), default=-4) + 4

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass
class Plan:
    """Layers of spots and the short edges between neighbouring layers, each with its light.

    `labels` has, for a hop, what stands on it, and whether at its source or else at its target.
    """

    layers: list[list[Spot]]
    hops: list[tuple[str, str, bool]] = field(default_factory=list)
    labels: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)


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
        chain = [source]
        for layer in range(depth[source] + 1, depth[target]):
            chain.append(f"{number}·{layer}")
            layers[layer].append(Spot(chain[-1], (), (source, target) in lit))
        chain += [target] * (depth[source] < depth[target])
        hops = list(pairwise(chain))
        result.hops += [(*hop, (source, target) in lit) for hop in hops]
        label = view.labels.get((source, target), "")
        if hops and label:
            alone = sum(edge[0] == source for edge in edges) == 1
            result.labels[hops[0] if alone else hops[-1]] = (label, alone)
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


def draw(view: Graph, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The whole graph, at least `width` x `height`."""
    layout = plan(view)
    note = words.caption(view.note, width, height)
    spots = {spot.id: spot for layer in layout.layers for spot in layer}
    lanes, right = {}, width + 1
    for apart in (3, 2):  # closer, where that lets all of it be seen
        if right > width:
            lanes = _place(layout, len(note), apart)
            right = max((s.x + s.width for s in spots.values()), default=0)
    bottom = max((s.y + s.height for s in spots.values()), default=0)
    cells = Cells(max(width, right), max(height, bottom))
    wires = Wires(cells.width, cells.height)
    for source, target, lit in sorted(layout.hops, key=lambda hop: hop[2]):
        _wire(wires, spots[source], spots[target], lanes[source], lit)
    wires.paint(cells)
    states = marks.states(len(view.nodes), 1)[:, 0].tolist()
    for index, node in enumerate(view.nodes):
        _box(cells, spots[node.id], states[index], index, marks)
    for source, target, lit in layout.hops:
        if spots[target].lines and spots[source].x < spots[target].x:
            cells.put(spots[target].x - 1, spots[target].middle, "▸", LIT if lit else RULE)
    _labels(cells, layout, spots)
    words.put_rows(cells, note)
    places = [spots[node.id] for node in view.nodes]
    cells.spots = Boxes([(s.x, s.y, s.width, s.height) for s in places])
    return cells


def _place(layout: Plan, top: int, apart: int) -> dict[str, int]:
    """Gives every spot its corner, `apart` columns beside the lanes between two layers; returns the
    x of the vertical lane of each spot's edges.
    """
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
        before, after = _label_room(layout, {spot.id for spot in layer})
        for index, spot in enumerate(fans):
            lanes[spot.id] = x + wide + before + 1 + index % 6
        x += wide + before + after + min(len(fans), 6) + apart
    return lanes


def _label_room(layout: Plan, layer: set[str]) -> tuple[int, int]:
    """The columns that labels take right of a layer, before its lanes and after them."""
    sizes = [0, 0]
    for (source, _), (label, alone) in layout.labels.items():
        if source in layer:
            sizes[not alone] = max(sizes[not alone], words.width(label) + 1)
    return sizes[0], sizes[1]


def _labels(cells: Cells, layout: Plan, spots: dict[str, Spot]) -> None:
    """What stands on edges: beside the source of one edge, else before the target."""
    lit = {(source, target) for source, target, light in layout.hops if light}
    taken: set[tuple[int, int]] = set()  # where labels end, and their rows
    for (source, target), (label, alone) in layout.labels.items():
        if not label.strip():
            continue  # its room is kept
        ink, size = LIT if (source, target) in lit else YOURS, words.width(label)
        if alone:
            cells.put(spots[source].x + spots[source].width + 1, spots[source].middle, label, ink)
            continue
        x, y = spots[target].x - 2, spots[target].middle
        rows = [row for row in (y, y - 1, y + 1, y - 2, y + 2) if (x, row) not in taken]
        if rows:
            taken.add((x, rows[0]))
            cells.put(x - size, rows[0], label, ink)


def _wire(wires: Wires, source: Spot, target: Spot, lane: int, lit: bool) -> None:
    """From the source's right side along to the lane, up or down it, and into the target."""
    start = source.x + (source.width if source.lines else 0)
    stop = target.x - 1 if target.lines else target.x
    wires.across(source.middle, start, lane, lit)
    wires.open(start, source.middle, LEFT)
    wires.along(lane, source.middle, target.middle, lit)
    wires.across(target.middle, lane, stop, lit)


def _box(cells: Cells, spot: Spot, state: int, index: int, marks: Marks) -> None:
    """A node; with a double border at the cursor, with a sign where it must not have moved."""
    here = marks.cursor is not None and marks.cursor[0] == index
    hidden = marks.hidden is not None and marks.hidden[0] == index
    ink = {MOVED: LIT, QUIET: RULE, BAD: WRONG}.get(state, LIT if spot.lit else RULE)
    ink = CURSOR if here else ink
    corners, side, line = ("╔╗╚╝", "║", "═") if here else ("╭╮╰╯", "│", "─")
    bar = line * (spot.width - 2)
    cells.put(spot.x, spot.y, f"{corners[0]}{bar}{corners[1]}", ink)
    cells.put(spot.x, spot.y + spot.height - 1, f"{corners[2]}{bar}{corners[3]}", ink)
    told = {MOVED: LIT, QUIET: FAINT, BAD: WRONG}.get(state, LIT if spot.lit else PLAIN)
    for row, text in enumerate(spot.lines, 1):
        y = spot.y + row
        cells.put(spot.x, y, side + " " * (spot.width - 2) + side, ink)
        if hidden and (row > 1 or len(spot.lines) == 1):
            cells.put(spot.x + 2, y, "?", INVERSE, CURSOR)
        else:
            words.put(cells, spot.x + 2, y, plain(text) if state else text, told)
    if state == BAD:
        cells.put(spot.x + 1, spot.y, "!", WRONG)

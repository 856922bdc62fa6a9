"""UCT on a small board, one phase a frame: select, expand, simulate, back up."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, log, sqrt
from typing import Any

from lessons.mcts import uct
from lessons.mcts.build import game_of
from lessons.mcts.config import BY_VALUE, NEVER_TRIED, NO_FLIP, ROLLOUTS
from lessons.mcts.pictures import board, edges, name, read_position, square, tree, visits
from zhtui.lab import Bars, Frame, LabError, Poke, Run, Spot, Tree, View, Words, knob, mistakes

TAKES_RUN = False

COLUMNS = ("N", "W", "Q", "U", "Q + U")


@dataclass(frozen=True)
class Ask:
    moves: str = knob("a3 a1 b2 c1", "the moves so far, a1 at the top left; none is an empty board")
    game: str = knob("tic-tac-toe", "what is played (or MxNxK, k in a row)")
    simulations: int = knob(40, "simulations", low=1, high=2_000)
    whole: bool = knob(False, "a frame a simulation, not a phase")
    c: float = knob(1.4, "c: how much is added to rarely tried moves", low=0, high=100)
    rollouts: str = knob("random", "how a game is played on", choices=ROLLOUTS)
    solver: bool = knob(False, "proved wins and losses are carried up the tree")
    searches: int = knob(1, "moves that are searched and played, in turn", low=1, high=9)
    reuse: bool = knob(True, "the next search starts from the branch of the move played")
    seed: int = knob(1, "the dice", low=0, high=10_000)
    mistake: str = mistakes((NO_FLIP, BY_VALUE, NEVER_TRIED))


@dataclass(frozen=True)
class Search:
    """A search that is under way."""

    game: Any
    root: uct.Node
    ask: Ask

    @property
    def keep(self) -> dict[str, Any]:
        """What `point` needs."""
        return {"game": self.game, "ask": self.ask, "N": self.root.N}

    def views(self, path: list[uct.Node], leaf_state: Any) -> Mapping[str, View]:
        """The tree with its path lit, the board at the path's end, the root's moves, their bars."""
        root, game, c = self.root, self.game, self.ask.c
        first = next((node for node in path if node.parent is root), None)
        found: dict[str, View] = {"tree": tree(game, root, set(path), numbers)}
        counts = {move: float(child.N) for move, child in root.children.items()}
        found["board"] = board(game, root.state, counts, "visits of each move")
        found["edges"] = edges(game, root, COLUMNS, lambda child: row(child, c), first)
        found["visits"] = visits(game, root, root.N)
        if leaf_state is not None:
            found["leaf"] = board(game, leaf_state, note="the path's end")
        return found


def numbers(node: uct.Node) -> str:
    """A node in a tree: how often, and how good for who moved there."""
    sure = "" if node.proven is None else {1: " X wins", -1: " O wins", 0: " draw"}[node.proven]
    return f"N {node.N}  Q {node.Q:+.2f}{sure}"


def row(child: uct.Node, c: float) -> tuple[Any, ...]:
    """N, W, Q, U and Q + U of an edge."""
    bonus = child.U(c) if child.N else inf
    return child.N, round(child.W, 3), child.Q, bonus, child.Q + bonus


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    game = game_of(ask.game)
    start = position(game, ask.moves, poke)
    search, rng = Search(game, uct.node(game, start), ask), random.Random(ask.seed)
    yield asked(search)
    for number in range(1, ask.searches + 1):
        for done in range(1, ask.simulations + 1):
            yield from simulation(search, rng, done)
        chosen = uct.best(search.root, by_value=ask.mistake == "argmax-q")
        yield decided(search, chosen)
        after = search.root.children[chosen]
        if number == ask.searches or after.result is not None:
            return
        search, frame = played(search, chosen)
        yield frame


def asked(search: Search) -> Frame:
    """The position; where the board was changed by hand, the tree that is of no use any more."""
    game, root, ask = search.game, search.root, search.ask
    who, usual = "XO"[root.mover], position(game, ask.moves, Poke())
    found: dict[str, View] = {"board": board(game, root.state, note=f"{who} is to move")}
    say = f"{who} is to move, {len(root.untried)} moves can be made"
    if root.state != usual:
        dice, rollout = random.Random(ask.seed), uct.ROLLOUTS[ask.rollouts]
        old = uct.search(game, usual, ask.simulations, dice, c=ask.c, rollout=rollout)
        whose = ask.moves or "the empty board"
        found["stale"] = Tree(f"stale: of {whose}", tree(game, old, {old}, numbers).children)
        say = f"the board was changed: the tree of {whose} is stale, a new one grows; {say}"
    return Frame(
        "the position",
        found,
        say=say,
        look="which move would you make? Put a mark on a square to change the position",
        chapter="position",
        keep=search.keep,
    )


def decided(search: Search, chosen: int) -> Frame:
    """The move that the search has settled on."""
    game, root, ask = search.game, search.root, search.ask
    return Frame(
        "the move",
        {**search.views([root, root.children[chosen]], None), "rule": rule(search)},
        say=f"{name(game, root.children[chosen])} is played: {reason(root, chosen, ask)}",
        look="it should be the most visited, not the one of the greatest Q: a move tried once may "
        "have been lucky",
        chapter="move",
        keep=search.keep,
    )


def played(search: Search, chosen: int) -> tuple[Search, Frame]:
    """The search of the next move, and what it begins with: a branch of the tree, or nothing."""
    game, root, ask = search.game, search.root, search.ask
    spelled, whole = name(game, root.children[chosen]), root.N
    if ask.reuse:
        kept = uct.reuse(root, chosen)
        assert kept is not None, "the move that was chosen has a child"
        say = f"{spelled} is played: its branch stays, {kept.N} of {whole} simulations"
        look = "the next search starts with these; the rest of the tree is dropped"
    else:
        kept = uct.node(game, root.children[chosen].state)
        say = f"{spelled} is played: the tree is dropped, all {whole} simulations of it"
        look = "the next search knows nothing; with reuse=true it keeps a branch"
    after = Search(game, kept, ask)
    return after, Frame(
        "the next move",
        after.views([kept], None),
        say=say,
        look=look,
        chapter="next move",
        keep=after.keep,
    )


def rule(search: Search) -> Bars:
    """What the move is chosen by: N, or Q where that is the mistake."""
    by_value = search.ask.mistake == "argmax-q"
    ranked = sorted(search.root.children.values(), key=lambda c: -(c.Q if by_value else c.N))
    names = [name(search.game, child) for child in ranked]
    values = [child.Q if by_value else float(child.N) for child in ranked]
    return Bars(names, values, note="chosen by Q" if by_value else "chosen by N")


def position(game: Any, moves: str, poke: Poke) -> Any:
    """The state of the moves, with the square that was poked. Raises `LabError`."""
    try:
        state = read_position(game, moves)
    except ValueError as error:
        raise LabError(f"moves={moves!r}: {error}") from error
    marks = poke("board", [list(line) for line in game.marks(state)])
    if [list(line) for line in game.marks(state)] != marks:
        state = from_marks(game, marks)
    if game.result(state) is not None:
        raise LabError("the game is over here; take a move back")
    return state


def from_marks(game: Any, marks: list[list[str]]) -> Any:
    """A state with these marks, X's and O's moves in turn. Raises `LabError`."""
    places = [(i, j) for i, line in enumerate(marks) for j in range(len(line))]
    xs = [place for place in places if marks[place[0]][place[1]].upper() == "X"]
    os = [place for place in places if marks[place[0]][place[1]].upper() == "O"]
    if len(xs) - len(os) not in (0, 1):
        raise LabError(f"{len(xs)} X and {len(os)} O cannot be; X begins and both move in turn")
    state = game.start()
    todo = [xs, os]
    while todo[0] or todo[1]:
        mine = todo[game.to_move(state)]
        fit = [m for m in game.moves(state) if square(game, state, m) in mine]
        if not fit:
            raise LabError("no game leads to these marks; put another one")
        mine.remove(square(game, state, fit[0]))
        state = game.apply(state, fit[0])
    return state


def simulation(search: Search, rng: random.Random, done: int) -> Iterator[Frame]:
    """The four phases of one simulation, a frame each, or one frame for all."""
    game, root, ask = search.game, search.root, search.ask
    phases = not ask.whole
    leaf = uct.select(root, ask.c)
    way = path_to(leaf)
    if phases:
        yield Frame(
            "select",
            search.views(way, leaf.state),
            say=f"simulation {done}: down by the greatest Q + U, {spelled(game, way)}",
            look="look at the edges' last column: the greatest is taken; at the opponent's turn "
            "it is his own Q",
            chapter=f"simulation {done}" if done <= 12 or done % 10 == 0 else "",
            keep=search.keep,
            predict=greatest(search, way),
        )
    child = uct.expand(game, leaf, rng)
    if ask.mistake == "never-tried":
        leaf.untried.clear()
    way = path_to(child)
    if phases and child is not leaf:
        yield Frame(
            "expand",
            search.views(way, child.state),
            say=f"{name(game, child)} was never tried here: a new node, N 0",
            look="all moves of a node are tried once before UCT compares them",
            keep=search.keep,
        )
    result = uct.ROLLOUTS[ask.rollouts](game, child.state, rng)
    word = {1: "X wins", -1: "O wins", 0: "a draw"}[result]
    if phases:
        how = {"random": "at random", "decisive": "at random, but who can win does"}[ask.rollouts]
        over = "is over" if child.result is not None else f"is played on {how}"
        yield Frame(
            "simulate",
            search.views(way, child.state),
            say=f"the game {over}: {word}, {result:+d} for X",
            look="one game says little; the mean of many games says who is ahead",
            keep=search.keep,
        )
    path = uct.back_up(child, result, flip=ask.mistake != "no-flip")
    if ask.solver:
        uct.prove(path)
    first = next((node for node in path if node.parent is root), child)
    yield Frame(
        "back up" if phases else f"simulation {done}",
        search.views(way, child.state),
        say=f"{word}: N + 1 on the whole path, W {signs(path, ask.mistake != 'no-flip')}",
        look="each node should count for the player who moved into it: then the sign turns at "
        "every step",
        chapter=f"{done} simulations" if ask.whole and done % 10 == 0 else "",
        keep=search.keep,
        predict=Spot("edges", row_of(root, first), 3) if first.parent is root else None,
    )


def path_to(node: uct.Node) -> list[uct.Node]:
    """From the root down to a node."""
    path = [node]
    while path[-1].parent is not None:
        path.append(path[-1].parent)
    return path[::-1]


def spelled(game: Any, way: list[uct.Node]) -> str:
    """The moves of a path."""
    return " ".join(name(game, node) for node in way[1:]) or "the root has untried moves"


def signs(path: list[uct.Node], flip: bool) -> str:
    """What W of each node of a path grew by."""
    if not flip:
        return "of all moves by the same"
    return "of X's moves by the result, of O's by its negative" if len(path) > 1 else "of the root"


def row_of(root: uct.Node, child: uct.Node) -> int:
    """The row of an edge in the table."""
    return sorted(root.children).index(child.move or 0)


def greatest(search: Search, way: list[uct.Node]) -> Spot | None:
    """The cell that decides at the root, once all moves were tried."""
    if len(way) < 2 or search.root.untried:
        return None
    return Spot("edges", row_of(search.root, way[1]), 5)


def reason(root: uct.Node, move: int, ask: Ask) -> str:
    """Why this move, by the rule in force."""
    child = root.children[move]
    if ask.mistake == "argmax-q":
        return f"Q {child.Q:+.2f} is the greatest, after {child.N} visits only"
    return f"{child.N} of {root.N} simulations went there, Q {child.Q:+.2f}"


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view: Any = frame.shown()[spot.view]
    if spot.view == "edges" and spot.row < len(view.rows):
        return edge(ask, frame.keep["N"], view.rows[spot.row], spot.column)
    if spot.view == "rule":
        return f"{view.labels[spot.row]}: {view.values[spot.row]:g}; the greatest is played"
    if spot.view == "visits":
        label, count = view.labels[spot.row], view.values[spot.row]
        return f"{label}: {count:.0f} simulations went through this move"
    if spot.view in ("board", "leaf"):
        game = frame.keep["game"]
        move = spot.row * game.squares[1] + spot.column
        return f"square {game.spell(game.start(), move)}" if game.size > move else ""
    return ""


def edge(ask: Ask, parent: int, cells: Any, column: int) -> Words:
    """One number of an edge, spelled with the numbers that it is made of."""
    move, N, W, Q, U, total = cells
    spelled = {
        0: f"{move}: an edge from the root",
        1: f"N: {N} simulations went through {move}",
        2: f"W: the results of those {N} games add up to {W:g} for who moves {move[0]}",
        3: f"Q = W / N = {W:g} / {N} = {Q:.2f}: the mean result for {move[0]}"
        if N
        else "never tried",
        4: f"U = c √ln N / √n = {ask.c:g} · {sqrt(log(max(parent, 1))):.2f} / {sqrt(max(N, 1)):.2f}"
        f" = {U:.2f}: what few visits add",
        5: f"Q + U = {Q:.2f} + {U:.2f} = {total:.2f}: the greatest is tried next",
    }
    return spelled.get(column, "")

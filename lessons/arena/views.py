"""What a tournament shows: the cross table, Elo with intervals, and the last game's end."""

from __future__ import annotations

from typing import Any

from lessons.arena import rating
from lessons.arena.cross import Cross
from lessons.arena.match import Record
from zhtui.lab import Bars, Board, Run, Table


def show(run: Run, cross: Cross) -> None:
    """All three."""
    run.show("table", table(cross))
    run.show("elo", ratings(cross))
    if cross.last is not None:
        run.show("last game", last(cross.game, cross.last))


def table(cross: Cross) -> Table:
    """Wins, draws, losses of the row against the column from both sides; Elo, its interval."""
    points, games = cross.points()
    found = rating.elo(points, games)
    widths = rating.errors(found, games)
    names = [each.name for each in cross.agents]
    more = ("optimal",) if cross.optimal else ()
    rows = []
    for i, name in enumerate(names):
        cells: list[Any] = [name]
        for j in range(len(names)):
            wins = cross.ends[i, j, 0] + cross.ends[j, i, 2]
            draws = cross.ends[i, j, 1] + cross.ends[j, i, 1]
            losses = cross.ends[i, j, 2] + cross.ends[j, i, 0]
            cells.append(f"{wins}/{draws}/{losses}" if i != j else "")
        low, high = rating.wilson(points[i].sum(), int(games[i].sum()))
        cells += [f"{points[i].sum() / max(games[i].sum(), 1):.3f}", f"{low:.3f}–{high:.3f}"]
        cells.append(f"{found[i]:+.0f} ± {widths[i]:.0f}")
        cells += [f"{cross.optimal[i]:.0%}" for _ in more]
        rows.append(tuple(cells))
    order = sorted(range(len(rows)), key=lambda i: -found[i])
    note = "wins/draws/losses of the row against the column, from both sides"
    if more:
        note += "; optimal: its share of moves that keep a position's value"
    head = ("agent", *names, "score", "95 %", "Elo", *more)
    return Table(head, [rows[i] for i in order], note=note)


def ratings(cross: Cross) -> Bars:
    """Elo above the weakest, the strongest first."""
    found = rating.elo(*cross.points())
    order = sorted(range(len(found)), key=lambda i: -found[i])
    names = [cross.agents[i].name for i in order]
    return Bars(names, [float(found[i] - found.min()) for i in order], note="Elo above the weakest")


def last(game: Any, record: Record) -> Board:
    """Where a game ended."""
    words = {1: f"{record.x} wins as X", -1: f"{record.o} wins as O", 0: "a draw"}
    note = f"{record.x} v {record.o}: {words[record.result or 0]}"
    return Board(game.marks(record.positions()[-1]), note=note)

"""The games of the shelf, their rules held against counting, and perfect play."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lessons.blocks.games import MNK, NAMES, ConnectFour, TicTacToe, find
from lessons.blocks.games.connect_four import four
from lessons.blocks.games.minimax import Table, alpha_beta, count_games, states
from lessons.blocks.games.outcomes import best_response, play
from lessons.blocks.games.symmetry import canonical, mirror, permutations, way_to_canonical

GAME = TicTacToe()
ALL = list(states(GAME))
TABLE = Table(GAME)


def game_of(game: Any, moves: list[int]) -> Any:
    state = game.start()
    for move in moves:
        state = game.apply(state, move)
    return state


def test_tic_tac_toe_has_as_many_states_and_games_as_is_known() -> None:
    assert len(set(ALL)) == len(ALL) == 5_478
    assert sum(GAME.result(state) is not None for state in ALL) == 958
    assert len({canonical(state) for state in ALL}) == 765
    games = count_games(GAME)
    assert games == {1: 131_184, -1: 77_904, 0: 46_080}
    assert sum(games.values()) == 255_168


def test_with_perfect_play_it_is_a_draw() -> None:
    assert TABLE.value(GAME.start()) == 0
    assert TABLE.best(GAME.start()) == list(range(9))
    assert TABLE.best(game_of(GAME, [0])) == [4]  # a corner is answered in the middle


def test_alpha_beta_finds_the_same_values_in_fewer_positions() -> None:
    for state in random.Random(0).sample(ALL, 300):
        assert alpha_beta(GAME, state)[0] == TABLE.value(state)
    _, plain = alpha_beta(GAME, GAME.start())
    _, folded = alpha_beta(GAME, GAME.start(), canonical)
    assert folded < plain < 5_478
    assert alpha_beta(MNK(3, 4, 3), (0, 0))[0] == 1  # won by who begins
    assert alpha_beta(MNK(4, 3, 3), (0, 0))[0] == 1


@pytest.mark.parametrize(
    ("first", "second", "chances"),
    [
        (GAME.moves, GAME.moves, (0.58492, 0.12698, 0.28810)),
        (TABLE.best, GAME.moves, (0.96781, 0.03219, 0.0)),
        (GAME.moves, TABLE.best, (0.0, 0.22252, 0.77748)),
        (TABLE.best, TABLE.best, (0.0, 1.0, 0.0)),
    ],
)
def test_what_two_players_score_is_exact(first: Any, second: Any, chances: Any) -> None:
    assert play(GAME, first, second) == pytest.approx(chances, abs=6e-6)


def test_the_best_answer_to_a_random_player_beats_it_nearly_always() -> None:
    x = best_response(GAME, GAME.moves, 0)
    assert x.win == pytest.approx(0.99479, abs=6e-6)
    assert x.loss == 0
    o = best_response(GAME, GAME.moves, 1)
    assert o.loss == pytest.approx(0.93228, abs=6e-6)


def test_an_exact_chance_is_what_games_come_to() -> None:
    rng = random.Random(5)
    ends = {1: 0, 0: 0, -1: 0}
    for _ in range(4_000):
        state = GAME.start()
        while (result := GAME.result(state)) is None:
            state = GAME.apply(state, rng.choice(GAME.moves(state)))
        ends[result] += 1
    assert ends[1] / 4_000 == pytest.approx(0.58492, abs=0.03)
    assert ends[0] / 4_000 == pytest.approx(0.12698, abs=0.02)


def test_the_general_board_has_the_rules_of_tic_tac_toe() -> None:
    rng, general = random.Random(1), MNK(3, 3, 3)
    for _ in range(300):
        a, b = GAME.start(), general.start()
        while True:
            assert GAME.marks(a) == general.marks(b)
            assert GAME.result(a) == general.result(b)
            assert list(GAME.moves(a)) == general.moves(b)
            assert GAME.to_move(a) == general.to_move(b) or GAME.result(a) is not None
            if GAME.result(a) is not None:
                break
            move = rng.choice(GAME.moves(a))
            assert GAME.spell(a, move) == general.spell(b, move)
            a, b = GAME.apply(a, move), general.apply(b, move)


def lines_of(marks: Any, mark: str, k: int) -> bool:
    """k in a row, by looking at every square in every direction."""
    rows, columns = len(marks), len(marks[0])
    for row in range(rows):
        for column in range(columns):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                line = [(row + i * down, column + i * right) for i in range(k)]
                inside = all(r < rows and 0 <= c < columns for r, c in line)
                if inside and all(marks[r][c] == mark for r, c in line):
                    return True
    return False


@pytest.mark.parametrize("name", ["5x5x4", "4x7x3", "7x4x4", "6x6x5", "1x6x3", "connect-four"])
def test_who_has_won_is_seen_without_wrapping_round_the_edge(name: str) -> None:
    game, rng = find(name), random.Random(name)
    k = 4 if name == "connect-four" else game.k
    seen = set()
    for _ in range(15):
        state = game.start()
        while (result := game.result(state)) is None:
            state = game.apply(state, rng.choice(list(game.moves(state))))
            marks = game.marks(state)
            won = (lines_of(marks, "X", k), lines_of(marks, "O", k))
            assert (game.result(state) == 1, game.result(state) == -1) == won
        seen.add(result)
    assert len(seen) > 1


def test_a_disc_falls_to_the_lowest_free_square() -> None:
    game = ConnectFour()
    state = game_of(game, [3, 3, 3, 0])
    assert game.marks(state)[-1] == "O  X   "
    assert game.marks(state)[-3:-1] == ("   X   ", "   O   ")
    full = game_of(game, [3, 3, 3, 3, 3, 3])
    assert game.moves(full) == [0, 1, 2, 4, 5, 6]
    with pytest.raises(ValueError, match="column 4 is full; choose"):
        game.apply(full, 3)
    won = game_of(game, [0, 1, 0, 1, 0, 1, 0])
    assert game.result(won) == 1
    assert four(won[0])
    assert game.moves(won) == []
    with pytest.raises(ValueError, match="over"):
        game.apply(won, 2)
    with pytest.raises(ValueError, match="no column"):
        game.apply(game.start(), 7)


@pytest.mark.parametrize("name", [*NAMES, "1x1x1", "40x40x5"])
def test_a_move_is_read_as_it_is_spelled(name: str) -> None:
    game = find(name)
    state = game.start()
    every = list(game.moves(state))
    for move in random.Random(4).sample(every, min(60, len(every))):
        assert game.read(state, f" {game.spell(state, move).upper()}\n") == move
    for text in ("", "zz9", "0", "a0", "?", "zz99", "ä1"):
        with pytest.raises(ValueError, match="give"):
            game.read(state, text)


@pytest.mark.parametrize("game", [GAME, MNK(3, 3, 3)])
def test_a_taken_square_and_a_move_after_the_end_are_refused(game: Any) -> None:
    taken = game_of(game, [4])
    for refused in (lambda: game.apply(taken, 4), lambda: game.read(taken, "b2")):
        with pytest.raises(ValueError, match="b2 is taken"):
            refused()
    for nowhere in (-1, 9):
        with pytest.raises(ValueError, match="no square"):
            game.apply(taken, nowhere)
    won = game_of(game, [0, 3, 1, 4, 2])
    for refused in (lambda: game.apply(won, 8), lambda: game.read(won, "c3")):
        with pytest.raises(ValueError, match="over"):
            refused()


def test_the_numeric_pad_lies_on_the_board() -> None:
    assert [GAME.read(GAME.start(), digit) for digit in "789456123"] == list(range(9))


def test_the_smallest_and_the_largest_board() -> None:
    one = MNK(1, 1, 1)
    assert one.result(game_of(one, [0])) == 1
    never = MNK(1, 1, 2)
    assert never.result(game_of(never, [0])) == 0
    large = MNK(40, 40, 40)
    state, (first, second) = large.start(), (0, 40)
    for i in range(39):
        state = large.apply(large.apply(state, first + i), second + i)
    assert large.result(state) is None
    assert large.result(large.apply(state, 39)) == 1
    assert len(large.moves(state)) == 1_600 - 78
    for sides in ("0x3x3", "41x3x3", "3x41x3", "3x3x0", "3x3x99"):
        with pytest.raises(ValueError, match="1 to 40"):
            find(sides)
    for name in ("chess", "", "3x3", "-1x3x3"):
        with pytest.raises(ValueError, match="tic-tac-toe"):
            find(name)


def test_turns_and_mirrors() -> None:
    assert len(permutations(3, 3)) == len(permutations(5, 5)) == 8
    assert len(permutations(2, 3)) == 4
    assert permutations(3, 3)[0] == tuple(range(9))
    assert all(sorted(way) == list(range(25)) for way in permutations(5, 5))
    assert mirror(7) == (6, 5, 4, 3, 2, 1, 0)
    for state in random.Random(2).sample(ALL, 200):
        way = way_to_canonical(state)
        x, o = (sum(1 << way[i] for i in range(9) if side >> i & 1) for side in state)
        assert (x, o) == canonical(state) == canonical((x, o))
        assert TABLE.value(state) == TABLE.value(canonical(state))

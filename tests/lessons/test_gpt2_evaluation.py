"""How GPT-2 is scored: rules held against closed forms on a model whose logits are written here."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from lessons.blocks.text import Alphabet
from lessons.gpt2 import command, evaluation
from lessons.gpt2.command import gpt2
from lessons.gpt2.config import HELLASWAG, LAMBADA
from lessons.gpt2.evaluation import Item
from zhtui.cli.app import app
from zhtui.lab import LabError, run_folder
from zhtui.lesson import catalog
from zhtui.work import client, drive

LETTERS = Alphabet(" abc")


class Fixed:
    """Says after any token: a with ½, b with ¼, c and a space with ⅛ each."""

    block_size = 8
    shares = torch.tensor([1 / 8, 1 / 2, 1 / 4, 1 / 8])

    def __call__(self, ids: Tensor) -> Tensor:
        return self.shares.log().expand(*ids.shape, 4)


class Echo:
    """Expects each token again, with nearly all it has."""

    block_size = 8

    def __call__(self, ids: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(ids, 4).float() * 20


def test_each_rule_chooses_its_own_ending() -> None:
    logps = [torch.tensor([-1.0, -1.0, -1.0]), torch.tensor([-2.0])]
    texts = ["abc", "b"]
    assert evaluation.chosen(logps, texts, "sum") == 1
    assert evaluation.chosen(logps, texts, "per token") == 0
    assert evaluation.chosen(logps, texts, "per byte") == 0
    assert evaluation.chosen(logps, ["abc", "ß" * 2], "per byte") == 1


def test_the_blank_before_an_ending_is_no_byte_of_it() -> None:
    """As the harness counts: 10 / 20 < 9.505 / 19, but 10 / 21 > 9.505 / 20 with the blank."""
    logps = [torch.tensor([-10.0]), torch.tensor([-9.505])]
    assert evaluation.chosen(logps, [" " + "a" * 20, " " + "b" * 19], "per byte") == 0


def test_log_probabilities_are_those_of_the_model() -> None:
    first, second = evaluation.endings(
        Fixed(), LETTERS.encode("ab"), [LETTERS.encode("ab"), LETTERS.encode("c")], "cpu"
    )
    assert first.logp.tolist() == pytest.approx([math.log(1 / 2), math.log(1 / 4)])
    assert second.logp.tolist() == pytest.approx([math.log(1 / 8)])
    assert not first.cut


def test_rows_of_other_lengths_do_not_disturb_each_other() -> None:
    text, among = LETTERS.encode("ab"), [LETTERS.encode(e) for e in ("b", "bbbb", "ac")]
    together = evaluation.endings(Echo(), text, among, "cpu")
    for one, ending in zip(together, among, strict=True):
        (alone,) = evaluation.endings(Echo(), text, [ending], "cpu")
        assert torch.equal(one.logp, alone.logp)
        assert one.first == alone.first


def test_shares_by_each_scorer_with_their_names() -> None:
    items = [
        Item("a", ("a", "bb"), 0),  # ½ against ¹/₁₆: both rules say the first
        Item("a", ("aa", "b"), 0),  # ¼ against ¼ in sum; by token a is likelier
        Item("a", ("b", "ca"), 1),  # never
    ]
    scores = {s.scorer: s for s in evaluation.choose(Fixed(), LETTERS, items)}
    assert set(scores) == {"sum", "per token", "per byte"}
    assert scores["per token"].value == pytest.approx(2 / 3)
    assert scores["sum"].value == pytest.approx(2 / 3)  # of two alike the first
    assert all("HellaSwag, " + name in score.words() for name, score in scores.items())


def test_a_line_that_does_not_fit_is_named(tmp_path: Path) -> None:
    items, words = tmp_path / "items.jsonl", tmp_path / "words.txt"
    items.write_text('{"ctx": "a", "endings": ["b", "c"], "label": 1e999}\n')
    words.write_text("alone\n")
    with pytest.raises(LabError, match="line 1 has no ctx, endings and label"):
        list(evaluation.hellaswag(items))
    with pytest.raises(LabError, match="line 1 has no text of two words"):
        list(evaluation.lambada(words))
    with pytest.raises(SystemExit):
        app(["gpt2", "report", "told", "--to", str(tmp_path), "--price", "inf"])


def test_what_a_model_cannot_read_is_counted_and_said() -> None:
    items = [Item("é", ("a", "b"), 0), Item("a" * 20, ("a", "b"), 0)]
    (score, *_) = evaluation.choose(Fixed(), LETTERS, items)
    assert score.n == 1
    assert "1 with unknown characters" in score.note
    assert "1 longer than the context" in score.note
    with pytest.raises(LabError, match="no item"):
        evaluation.choose(Fixed(), LETTERS, items[:1])


def test_the_last_word_counts_only_when_every_token_of_it_is_the_first_choice() -> None:
    items = [Item("b", ("aa",), 0), Item("b", ("ab",), 0)]
    right, perplexity = evaluation.last_word(Fixed(), LETTERS, items)
    assert right.value == 0.5
    assert perplexity.value == pytest.approx(math.sqrt(4 * 8))  # ¼ and ⅛: their geometric mean


def test_bits_per_byte_by_its_closed_form() -> None:
    ids = LETTERS.encode("a" * 33)
    loss, bits = evaluation.bits_per_byte(Fixed(), ids, 33)
    assert loss.value == pytest.approx(math.log(2))
    assert bits.value == pytest.approx(1.0)
    assert loss.n == 32
    with pytest.raises(LabError, match="longer"):
        evaluation.bits_per_byte(Fixed(), ids[:1], 1)


@pytest.mark.parametrize("length", [2, 8, 9, 10, 33, 40])
def test_every_token_but_the_first_is_asked_once(length: int) -> None:
    ids = torch.randint(4, (length,), generator=torch.Generator().manual_seed(1))
    loss, _ = evaluation.bits_per_byte(Fixed(), ids, length)
    assert loss.n == length - 1
    assert loss.value == pytest.approx(float(-Fixed.shares[ids[1:]].log().mean()))


ROW = {"ctx": "the list", "endings": ["holds", "eats", "is", "a"], "label": 0}


@pytest.mark.parametrize(
    "line",
    [
        "{", "7", "[]", "null", json.dumps({**ROW, "label": 4}), json.dumps({**ROW, "label": "x"}),
        json.dumps({**ROW, "endings": ["one"]}), json.dumps({**ROW, "endings": "four"[:1]}),
        json.dumps({**ROW, "endings": [1, 2]}), json.dumps({"ctx": "x"}), "[" * 100_000,
        json.dumps({**ROW, "ctx": 7}),
    ],
)  # fmt: skip
def test_a_broken_hellaswag_is_one_sentence(line: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(json.dumps(ROW) + "\n\n" + line)
    with pytest.raises(LabError, match="give") as caught:
        list(evaluation.hellaswag(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "text"), [("l.txt", "one\n"), ("l.jsonl", '{"txt": "a b"}')])
def test_a_broken_lambada_is_one_sentence(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LabError, match="line 1"):
        list(evaluation.lambada(tmp_path / name))


def test_lambada_is_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("he saw the dog\n\n")
    (tmp_path / "l.jsonl").write_text(json.dumps({"text": "he saw the dog"}))
    for name in ("l.txt", "l.jsonl"):
        assert list(evaluation.lambada(tmp_path / name)) == [Item("he saw the", (" dog",), 0)]


def test_what_is_downloaded_is_pinned() -> None:
    for data in (HELLASWAG, LAMBADA):
        assert len(data.sha256) == 64
        assert data.size > 1_000_000
        assert str(data.address).startswith("https://")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a finished tiny run, `scored`."""
    place = tmp_path_factory.mktemp("store")
    folder = client.create(
        place, catalog.one("gpt2"), preset="tiny", knobs=("data=python",), name="scored"
    )
    assert drive.work(folder) == 0
    return place


def test_the_command_scores_a_run(store: Path, tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, "label": 2}))
    words = ["gpt2", "eval", "scored", "--store", str(store)]
    asked = [*words, "--hellaswag", str(tmp_path / "h.jsonl"), "--json"]
    done = CliRunner().invoke(app, asked)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["scorer"] for row in rows] == ["sum", "per token", "per byte"]
    assert all(row["n"] == 2 for row in rows)
    own = CliRunner().invoke(app, words).stdout.splitlines()
    assert own[0].startswith("loss, stretches of 16: ")
    assert own[1].startswith("bits per byte, ")


def test_only_runs_of_this_lesson_are_scored(store: Path) -> None:
    other = client.create(
        store, catalog.one("bigram"), preset="tiny", knobs=("data=given",), name="pairs"
    )
    assert drive.work(other) == 0
    done = CliRunner().invoke(gpt2, ["eval", "pairs", "--store", str(store)])
    assert "lesson gpt2" in str(done.exception)


def test_the_loss_of_the_whole_text_is_near_the_run_s_own(store: Path) -> None:
    done = CliRunner().invoke(gpt2, ["eval", "scored", "--store", str(store), "--json"])
    whole = json.loads(done.stdout.splitlines()[0])["value"]
    rows = run_folder(store / "gpt2" / "scored").rows()
    assert whole == pytest.approx([row["val"] for row in rows if "val" in row][-1], abs=0.3)


def test_a_figure_that_is_no_number_is_null_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    score = evaluation.Score("a text", "bits a byte", float("nan"), 8, "bits")
    monkeypatch.setattr(command, "opened", lambda *_: None)
    monkeypatch.setattr(command, "scored", lambda *_: [score])
    done = CliRunner().invoke(gpt2, ["eval", "some-run", "--json"])
    assert json.loads(done.stdout, parse_constant=pytest.fail)["value"] is None

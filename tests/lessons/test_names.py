"""The shelf of the lessons on names: words, windows, drawn names, and the fast form of the nets."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.blocks import fused, names
from lessons.blocks.descent import SGD, Adam, Flat, Momentum
from lessons.blocks.names import Alphabet, Windows
from lessons.blocks.naming import names as write_names
from lessons.blocks.naming import window_of, write

WORDS = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "zoë", "Ann"]


def on(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def words_file() -> Path:
    path = Path(os.environ.get("ZHTUI_DATA", "/nowhere")) / "names.txt"
    if not path.is_file():
        pytest.skip("names.txt is not in $ZHTUI_DATA")
    return path


def test_the_split_is_the_lectures(words_file: Path) -> None:
    corpus = names.corpus(names.read(words_file), 3)
    sizes = [len(part.Y) for part in (corpus.train, corpus.val, corpus.test)]
    assert sizes == [182_625, 22_655, 22_866]
    assert corpus.words.train[:3] == ["yuheng", "diondre", "xavien"]
    assert corpus.counted["uniform"] == pytest.approx(3.2958, abs=1e-4)
    assert 2.4 < corpus.counted["bigram"] < 2.5
    assert 2.1 < corpus.counted["trigram"] < corpus.counted["bigram"]


def test_odd_word_lists_get_sense_or_a_sentence(tmp_path: Path) -> None:
    odd = "\n\nEmma\nÉmile\n\n" + "x" * 200 + "\n" + "\n".join(WORDS)
    words = names.read(on(tmp_path / "odd.txt", odd))
    assert words[:3] == ["Emma", "Émile", "x" * 200]
    corpus = names.corpus(words, 8)
    assert {"E", "É", "x", "ë"} <= set(corpus.alphabet.characters)
    total = sum(len(part.Y) for part in (corpus.train, corpus.val, corpus.test))
    assert total == sum(len(word) + 1 for word in words)
    for text, said in (
        ("\n \n", "only empty lines"),
        ("a.b\n", "full stops"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 1100))), "different characters"),
    ):
        with pytest.raises(ValueError, match=said):
            names.read(on(tmp_path / "bad.txt", text))
    with pytest.raises(ValueError, match="only one word"):
        names.corpus(["emma"], 3)


def test_counts_do_not_run_from_one_word_into_the_next() -> None:
    """Over "ab" and "ab" the pair (b, a) must not be counted."""
    words = ["ab"] * 20
    corpus = names.corpus(words, 1)
    assert corpus.counted["bigram"] < 0.01


def test_a_window_holds_the_unfinished_name_alone() -> None:
    alphabet = Alphabet.of(WORDS)
    assert alphabet.decode(window_of("emma\nol", alphabet, 3)) == ".ol"
    assert alphabet.decode(window_of("olivia", alphabet, 3)) == "via"
    assert alphabet.decode(window_of("", alphabet, 2)) == ".."
    with pytest.raises(ValueError, match="'7'"):
        window_of("a7", alphabet, 3)


def counted_net(alphabet: Alphabet) -> nn.Module:
    """Says that each letter is followed by the next one of the alphabet."""
    table = torch.full((len(alphabet), len(alphabet)), -20.0)
    for i in range(len(alphabet)):
        table[i, (i + 1) % len(alphabet)] = 20.0
    return nn.Sequential(nn.Flatten(), Last(table))


class Last(nn.Module):
    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = table

    def forward(self, X: Tensor) -> Tensor:
        return self.table[X[:, -1].long()]


def test_a_sure_net_writes_what_it_is_sure_of_and_a_given_text_is_scored() -> None:
    alphabet = Alphabet.of(["abc"])
    net = counted_net(alphabet)
    drawn = list(write(net, alphabet, context=2, tokens=9))
    assert "".join(one.text for one in drawn) == "abc\nabc\na"
    assert all(one.probability > 0.99 and one.entropy < 0.01 for one in drawn)
    assert write_names(net, alphabet, context=2, seed=1, number=3) == ["abc"] * 3
    told = list(write(net, alphabet, context=2, prompt="a", given="c"))
    assert [one.text for one in told] == ["c"]
    assert told[0].probability < 1e-6


def test_names_are_what_is_written_cut_at_forty() -> None:
    alphabet = Alphabet(".abc")
    table = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    table[:, 0] -= 2  # long names

    def net(windows: Tensor) -> Tensor:
        return table[windows[:, -1]]

    found = write_names(net, alphabet, context=2, seed=5, number=9)
    text = "".join(one.text for one in write(net, alphabet, context=2, tokens=9 * 41, seed=5))
    left = text
    for word in found:
        assert left.startswith(word)
        assert len(word) == 40 or left[len(word)] == "\n"
        left = left[len(word) :].removeprefix("\n" if len(word) < 40 else "")
    assert max(map(len, found)) > 8


# ----- the fast form ------------------------------------------------------------------------------


class Mixed(nn.Module):
    """Every layer of the fast form once, in torch."""

    def __init__(self, vocab: int = 7, relu: bool = False) -> None:
        super().__init__()
        g = torch.Generator().manual_seed(3)
        draw = lambda *s: nn.Parameter(torch.randn(s, generator=g) * 0.5)  # noqa: E731
        self.C, self.W1, self.W2, self.b2 = draw(vocab, 3), draw(6, 5), draw(10, vocab), draw(vocab)
        self.gain, self.bias = draw(5), draw(5)
        self.mean, self.var = torch.zeros(5), torch.ones(5)
        self.places, self.relu = 1, relu

    def forward(self, X: Tensor) -> Tensor:
        x = self.C[X].view(len(X), 2, 6) @ self.W1  # (B, 2, 5): pairs of 4 characters joined
        dims = (0, 1) if self.places == 1 else (0,)
        x = (x - x.mean(dims)) / (x.var(dims, keepdim=False) + 1e-5).sqrt()
        x = x * self.gain + self.bias
        x = x.relu() if self.relu else x.tanh()
        return x.reshape(len(X), 10) @ self.W2 + self.b2

    def fast(self, X: Tensor, Y: Tensor, batch: int) -> fused.Fused:
        bend = fused.ReLU() if self.relu else fused.Tanh()
        running = (self.mean, self.var)
        norm = fused.BatchNorm(self.gain, self.bias, running, 0.1, places=self.places)
        last = fused.Linear(self.W2, self.b2)
        layers: list[fused.Layer] = [fused.Join(2), fused.Linear(self.W1), norm, bend]
        return fused.Fused(fused.Embedding(self.C), [*layers, fused.Join(2), last], X, Y, batch)


@pytest.mark.parametrize(("relu", "places"), [(False, 1), (True, 1), (False, 2)])
def test_the_fast_form_has_the_gradients_of_autograd(relu: bool, places: int) -> None:
    g = torch.Generator().manual_seed(1)
    X, Y = torch.randint(7, (40, 4), generator=g), torch.randint(7, (40,), generator=g)
    net = Mixed(relu=relu)
    if places == 2:
        net.places, net.mean, net.var = 2, torch.zeros(10), torch.ones(10)
    flat = Flat(net.parameters())
    fast = net.fast(X, Y, 16)
    for start in (0, 16, 24):  # buffers are used again: three steps
        pick = torch.arange(start, start + 16)
        flat.gradient.fill_(math.nan)  # whatever is not written shows
        loss = fast.step(pick)
        mine = [p.grad.clone() for p in net.parameters() if p.grad is not None]
        expected = F.cross_entropy(net(X[pick]), Y[pick])
        theirs = torch.autograd.grad(expected, list(net.parameters()))
        assert loss == pytest.approx(expected.item(), abs=1e-5)
        for one, other in zip(mine, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert net.mean.abs().sum() > 0


def test_large_products_are_the_same_product() -> None:
    a, b = torch.randn(80, 80).numpy(), torch.randn(80, 80).numpy()
    out = fused.empty(80, 80)
    fused.multiply(a, b, out)
    torch.testing.assert_close(torch.from_numpy(out), torch.from_numpy(a @ b))


def test_a_frozen_embedding_has_no_gradient_on_both_paths() -> None:
    X, Y = torch.randint(7, (20, 4)), torch.randint(7, (20,))
    net = Mixed()
    flat = Flat(net.parameters())
    fast = net.fast(X, Y, 10)
    fast.embedding.frozen = True
    fast.step(torch.arange(10))
    assert net.C.grad is not None
    assert not net.C.grad.any()
    taught = fused.Taught(lambda x, y: F.cross_entropy(net(x), y), flat, X, Y)
    taught.step(torch.arange(10))
    assert net.C.grad.any()


@pytest.mark.parametrize("rule", [SGD, Momentum, Adam])
def test_rules_are_torchs_and_can_be_kept(rule: type) -> None:
    theirs = {
        SGD: lambda p: torch.optim.SGD(p, lr=0.1),
        Momentum: lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        Adam: lambda p: torch.optim.Adam(p, lr=0.1),
    }[rule]
    one, other = Mixed(), Mixed()
    X, Y = torch.randint(7, (20, 4)), torch.randint(7, (20,))
    flat = Flat(one.parameters())
    step, optimizer = rule(flat), theirs(other.parameters())
    fast = one.fast(X, Y, 20)
    for i in range(4):
        if i == 2:  # a resume in the middle
            again = rule(flat)
            again.load_state_dict(step.state_dict())
            step = again
        fast.step(torch.arange(20))
        step.step(0.1)
        optimizer.zero_grad()
        F.cross_entropy(other(X), Y).backward()
        optimizer.step()
    for mine, torchs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-3, atol=1e-4)


def test_decay_pulls_beside_the_step() -> None:
    w = nn.Parameter(torch.ones(3))
    flat = Flat([w])
    Adam(flat, decay=0.1).step(0.5)
    torch.testing.assert_close(w.detach(), torch.full((3,), 0.95))


def test_mean_loss_is_the_mean_over_all() -> None:
    X, Y = torch.randint(7, (names.CHUNK + 9, 4)), torch.randint(7, (names.CHUNK + 9,))
    net = Mixed()
    net.eval()
    found = names.mean_loss(lambda x: net.C[x[:, 0]] @ net.W1[:3], Windows(X, Y % 5))
    with torch.no_grad():
        expected = F.cross_entropy(net.C[X[:, 0]] @ net.W1[:3], Y % 5).item()
    assert found == pytest.approx(expected, abs=1e-5)
    assert len(Windows(X, Y).some(10).Y) >= 10

"""Texts into shards: whole, resumed, damaged; read without growing, and on at the same token."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from typer.testing import CliRunner

from lessons.blocks.tokens import GPT2_PATTERN
from lessons.gpt2 import documents, shards
from lessons.gpt2.batches import ShardText, Streamed
from lessons.gpt2.build import symbols_of
from lessons.gpt2.config import PRESETS
from lessons.gpt2.documents import END, Place
from lessons.gpt2.train import train
from zhtui.cli.app import app
from zhtui.lab import DataError, LabError, Run
from zhtui.lesson import catalog
from zhtui.work import client, drive

WORDS = ["the ", "cat ", "sat ", "on ", "a ", "mat.\n", "größer ", "and "]
Quiet = list[str]


def text_of(n: int, seed: int) -> str:
    dice = np.random.default_rng(seed)
    return "".join(WORDS[i] for i in dice.integers(len(WORDS), size=n))


@pytest.fixture
def ranks(tmp_path: Path) -> Path:
    """A vocabulary of the bytes and eight merges, in tiktoken's form."""
    tokens = [bytes([i]) for i in range(256)]
    tokens += [b"th", b"at", b"the", b" c", b" s", b" m", b" cat", b" sat"]
    lines = [f"{base64.b64encode(token).decode()} {i}\n" for i, token in enumerate(tokens)]
    path = tmp_path / "tiny.tiktoken"
    path.write_text("".join(lines))
    said = {"pat_str": GPT2_PATTERN, "special_tokens": {END: len(tokens)}}
    path.with_name(f"{path.name}.json").write_text(json.dumps(said))
    return path


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """A .txt of two documents, and a .jsonl of thirty."""
    plain, lines = tmp_path / "a.txt", tmp_path / "b.jsonl"
    plain.write_text(f"{text_of(120, 1)}\n{END}\n{text_of(90, 2)}", encoding="utf-8")
    rows = [json.dumps({"text": text_of(20, 10 + i), "id": i}) for i in range(30)]
    lines.write_text("\n".join(rows) + "\n\n", encoding="utf-8")
    return [plain, lines]


def made(folder: Path) -> np.ndarray[Any, np.dtype[np.uint16]]:
    listed = shards.read_list(folder)
    return np.concatenate([np.fromfile(folder / one.file, "<u2") for one in listed.shards])


def expected(texts: list[Path], ranks: Path) -> list[int]:
    """Every document by tiktoken alone, its sign in front."""
    vocabulary = shards.open_vocabulary(ranks)
    whole = texts[0].read_text(encoding="utf-8").split(f"{END}\n")
    whole += [json.loads(line)["text"] for line in texts[1].read_text().splitlines() if line]
    found: list[int] = []
    for text in whole:
        found += [vocabulary.specials[END], *vocabulary.encode(text).tolist()]
    return found


def prepare(texts: list[Path], to: Path, ranks: Path, **more: Any) -> shards.Listed:
    said: Quiet = []
    return shards.prepare(texts, to, ranks, workers=1, told=said.append, **({"size": 500} | more))


def test_the_shards_hold_every_document_with_its_sign(
    texts: list[Path], ranks: Path, tmp_path: Path
) -> None:
    listed = prepare(texts, tmp_path / "to", ranks)
    assert made(tmp_path / "to").tolist() == expected(texts, ranks)
    assert len(listed.shards) > 3
    assert {one.tokens for one in listed.shards[:-1]} == {500}
    size = len(texts[0].read_bytes()) - len(f"{END}\n")
    size += sum(
        len(json.loads(line)["text"].encode()) for line in texts[1].read_text().split("\n") if line
    )
    assert sum(one.bytes for one in listed.shards) == size


def test_a_long_text_is_cut_where_its_tokens_are_not(
    ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.txt"
    lines = [*(text_of(9, i) + "\n" * (i % 4) for i in range(60)), "  indented\n", "\n\n x\ny\n"]
    path.write_text("".join(lines), encoding="utf-8")
    whole = shards.open_vocabulary(ranks).encode(path.read_text(encoding="utf-8")).tolist()
    monkeypatch.setattr(documents, "PART", 100)
    found = list(documents.pieces([path], Place()))
    assert len(found) > 10
    assert "".join(piece.text for piece in found) == path.read_text(encoding="utf-8")
    prepare([path], tmp_path / "to", ranks)
    assert made(tmp_path / "to").tolist()[1:] == whole


def test_any_place_can_be_gone_on_from(texts: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PART", 100)
    whole = list(documents.pieces(texts, Place()))
    for number in range(len(whole)):
        assert list(documents.pieces(texts, whole[number].place)) == whole[number:]


@pytest.mark.parametrize("stop", range(5))
def test_a_killed_preparation_goes_on_to_the_same_files(
    texts: list[Path], ranks: Path, tmp_path: Path, stop: int
) -> None:
    class Killed(Exception):
        pass

    count = 0

    def told(_: str) -> None:
        nonlocal count
        count += 1
        if count > stop:
            raise Killed

    with pytest.raises(Killed):
        shards.prepare(texts, tmp_path / "cut", ranks, size=400, workers=1, told=told)
    (tmp_path / "cut" / ".shard-000009.bin").write_bytes(b"half")
    assert not shards.read_list(tmp_path / "cut").whole
    one = prepare(texts, tmp_path / "cut", ranks, size=400)
    other = prepare(texts, tmp_path / "whole", ranks, size=400)
    assert one == other
    assert made(tmp_path / "cut").tolist() == made(tmp_path / "whole").tolist()


@pytest.mark.slow  # each core imports torch
def test_several_cores_make_the_same_files(texts: list[Path], ranks: Path, tmp_path: Path) -> None:
    one = prepare(texts, tmp_path / "one", ranks)
    two = shards.prepare(texts, tmp_path / "two", ranks, size=500, workers=2, told=str)
    assert one == two


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_a_damaged_shard_is_one_sentence_and_made_again(
    texts: list[Path], ranks: Path, tmp_path: Path, damage: str
) -> None:
    to = tmp_path / "to"
    listed = prepare(texts, to, ranks)
    path = to / listed.shards[2].file
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-7] if damage == "cut" else b"\1" + content[1:])
    run = Run(replace(TINY, data=str(to)))
    text = ShardText(to / shards.LIST, run.once(symbols_of))
    words = {"cut": "cut short", "changed": "sha256", "gone": "missing"}[damage]
    with pytest.raises(DataError, match=words) as caught:
        text.stretch(listed.shards[2], 0, 10)
    assert "\n" not in str(caught.value)
    assert prepare(texts, to, ranks) == listed
    assert path.read_bytes() == content


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    "name",
    [".shard-000000.bin", ".shards.json", "vocabulary.tiktoken", "vocabulary.tiktoken.json"],
)
def test_a_link_in_the_folder_leads_nothing_out_of_it(
    name: str, texts: list[Path], ranks: Path, tmp_path: Path
) -> None:
    to, outside = tmp_path / "to", tmp_path / "outside"
    to.mkdir()
    outside.write_text("mine")
    (to / name).symlink_to(outside)
    assert prepare(texts, to, ranks).whole
    assert outside.read_text() == "mine"


def test_a_disk_too_small_is_said_before_anything_is_written(
    texts: list[Path], ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 1000))
    with pytest.raises(DataError, match="no room") as caught:
        prepare(texts, tmp_path / "to", ranks)
    assert "make room" in str(caught.value)
    assert not list((tmp_path / "to").glob("*"))


def test_a_disk_that_fills_up_says_that_it_goes_on(
    texts: list[Path], ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards.Writer, "take", full)
    with pytest.raises(DataError, match="it goes on"):
        prepare(texts, tmp_path / "to", ranks)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.txt", b"caf\xe9 au lait\n", "no UTF-8"),
        ("x.jsonl", b'{"text": "a"}\n{"text": 7}\n', "at byte 14"),
        ("x.jsonl", b'{"text": "a"\n', "no JSON object at byte 0"),
        ("x.jsonl", b"[" * 100_000, "no JSON object"),
        ("x.pdf", b"%PDF", "none of"),
        ("x.txt", b"", "no text"),
        ("x.parquet", b"PAR1 and no more", "column"),
    ],
)
def test_texts_that_are_none_are_one_sentence(
    name: str, content: bytes, words: str, ranks: Path, tmp_path: Path
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        prepare([tmp_path / name], tmp_path / "to", ranks)
    assert "\n" not in str(caught.value)


def test_a_parquet_is_read_by_rows(ranks: Path, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet

    rows = [text_of(5, i) for i in range(2500)]
    table = arrow.table({"text": rows, "score": list(range(2500))})
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    found = list(documents.pieces([tmp_path / "f.parquet"], Place()))
    assert [piece.text for piece in found] == rows
    later = list(documents.pieces([tmp_path / "f.parquet"], found[1500].place))
    assert later == found[1500:]


def test_other_texts_or_another_tokenizer_do_not_go_into_the_same_folder(
    texts: list[Path], ranks: Path, tmp_path: Path
) -> None:
    prepare(texts, tmp_path / "to", ranks)
    for other, size in ((texts[:1], 500), (texts, 700)):
        with pytest.raises(DataError, match="another folder"):
            prepare(other, tmp_path / "to", ranks, size=size)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 99, "shards": []}',
        "[" * 100_000,
        "\udcff",
        '{"format": Infinity}',
        '{"format": 1, "shards": {}, "sources": 1}',
    ],
)
def test_a_broken_list_is_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / shards.LIST).write_text(content, errors="surrogateescape")
    with pytest.raises(DataError, match=r"shards\.json") as caught:
        shards.read_list(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_list_that_leads_elsewhere_is_refused(
    texts: list[Path], ranks: Path, tmp_path: Path
) -> None:
    prepare(texts, tmp_path / "to", ranks)
    path = tmp_path / "to" / shards.LIST
    path.write_text(path.read_text().replace("shard-000000.bin", "../../secret.bin"))
    with pytest.raises(DataError, match="list of shards"):
        shards.read_list(tmp_path / "to")


WRONG = [
    ("size", 0), ("size", float("inf")), ("size", 7), ("shards", []), ("sources", []),
    ("tokens", 0), ("tokens", True), ("tokens", 1e400), ("tokens", 1 << 70), ("bytes", -1),
    ("skip", -1), ("skip", "1"), ("after", [-1, 0, True]), ("after", [9, 0, True]),
    ("after", [0, -1, True]), ("file", ""), ("file", ".."), ("file", "shards.json"),
    ("file", "shard-000000.bin\n"), ("file", "/dev/zero"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_list_with_a_number_that_cannot_be_is_refused(
    texts: list[Path], ranks: Path, tmp_path: Path, field: str, value: Any
) -> None:
    prepare(texts, tmp_path / "to", ranks)
    path = tmp_path / "to" / shards.LIST
    said = json.loads(path.read_text())
    (said if field in said else said["shards"][0])[field] = value
    path.write_text(json.dumps(said))
    with pytest.raises(DataError, match="list of shards") as caught:
        shards.read_list(tmp_path / "to")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [shards.LIST, shards.RANKS])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_in_the_folder_is_one_sentence(
    texts: list[Path], ranks: Path, tmp_path: Path, name: str, kind: str
) -> None:
    to = tmp_path / "to"
    prepare(texts, to, ranks)
    symbols = shards.open_vocabulary(ranks)
    (to / name).unlink()
    if kind == "pipe":
        os.mkfifo(to / name)
    else:
        (to / name).symlink_to("/dev/zero")
    with pytest.raises(DataError, match=name):
        ShardText(to / shards.LIST, symbols)


# Read again

TINY = replace(PRESETS["tiny"], tokenizer="auto", steps=6, precision="fp32")


@pytest.fixture
def folder(texts: list[Path], ranks: Path, tmp_path: Path) -> Path:
    prepare(texts, tmp_path / "shards", ranks)
    return tmp_path / "shards"


def opened(folder: Path) -> ShardText:
    run = Run(replace(TINY, data=str(folder)))
    return ShardText(folder / shards.LIST, run.once(symbols_of))


def test_texts_come_one_after_the_other_and_round_again(folder: Path) -> None:
    text, T = opened(folder), 16
    whole = [np.fromfile(folder / one.file, "<u2") for one in shards.read_list(folder).shards[1:]]
    stream = Streamed(text, T, "cpu")
    wanted = [part[i * T : (i + 1) * T + 1] for part in whole for i in range((len(part) - 1) // T)]
    got = torch.cat([stream.batch(7) for _ in range(2 * len(wanted) // 7)])
    for row, ids in enumerate(got):
        assert ids.tolist() == wanted[row % len(wanted)].tolist()
    assert stream.rounds in (1, 2)


def test_the_place_is_kept(folder: Path) -> None:
    text = opened(folder)
    one, other = Streamed(text, 16, "cpu"), Streamed(text, 16, "cpu")
    one.batch(33)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.batch(9), other.batch(9))


def test_a_single_shard_keeps_its_last_tenth(
    texts: list[Path], ranks: Path, tmp_path: Path
) -> None:
    prepare(texts, tmp_path / "to", ranks, size=10**6)
    text = opened(tmp_path / "to")
    ids = made(tmp_path / "to").tolist()
    cut = int(0.9 * len(ids))
    assert text.val.tolist() == ids[cut:]
    assert text.spans[0][1] == cut
    vocabulary = shards.open_vocabulary(tmp_path / "to" / shards.RANKS)
    size = sum(len(vocabulary.tokens[i]) for i in ids[cut:] if i != vocabulary.specials[END])
    assert text.val_bytes == size


def test_reading_does_not_grow(tmp_path: Path, ranks: Path) -> None:
    """64 MB of tokens are read through; what the process holds stays."""
    path = tmp_path / "big.txt"
    path.write_text("a b c d e f g h\n" * 1000)
    prepare([path], tmp_path / "to", ranks, size=10**6)
    text = opened(tmp_path / "to")
    big = np.zeros(32_000_000, "<u2")
    (tmp_path / "to" / "big.bin").write_bytes(big.tobytes())
    shard = replace(text.spans[0][0], file="big.bin", tokens=len(big))
    text.sound.add("big.bin")
    text.spans = [(shard, len(big))]
    stream, process = Streamed(text, 1024, "cpu"), psutil.Process()
    stream.batch(64)
    before = process.memory_info().rss
    for _ in range(470):
        stream.batch(64)
    assert process.memory_info().rss - before < 16 << 20
    assert stream.at > 30_000_000


def test_a_run_on_shards_is_the_same_after_a_resume(folder: Path, tmp_path: Path) -> None:
    store, words = tmp_path / "store", (f"data={folder}", "tokenizer=auto", "steps=9")
    whole = client.create(store, catalog.one("gpt2"), preset="tiny", knobs=words, name="whole")
    assert drive.work(whole) == 0
    parts = client.create(store, catalog.one("gpt2"), preset="tiny", knobs=words, name="parts")
    client.request(parts, "stop")
    assert drive.work(parts, inbox=0) == 0
    assert 0 < parts.status().step < 9
    assert drive.work(parts) == 0
    ours, theirs = ([row["loss"] for row in run.rows()] for run in (parts, whole))
    assert ours == theirs
    assert len(theirs) == 9
    assert "shards.json" in json.dumps(parts.card()["data"])


def test_shards_go_with_their_own_tokens_only(folder: Path) -> None:
    with pytest.raises(LabError, match="tokenizer=auto"):
        next(train(Run(replace(TINY, data=str(folder), tokenizer="characters"))))
    with pytest.raises(LabError, match="too short"):
        next(train(Run(replace(TINY, data=str(folder), block_size=4000))))


def test_half_a_preparation_is_not_trained_on(folder: Path) -> None:
    path = folder / shards.LIST
    path.write_text(path.read_text().replace('"whole": true', '"whole": false'))
    with pytest.raises(LabError, match="again"):
        next(train(Run(replace(TINY, data=str(folder)))))


def test_the_command_prepares(texts: list[Path], ranks: Path, tmp_path: Path) -> None:
    words = ["gpt2", "shards", *map(str, texts), "--to", str(tmp_path / "to")]
    more = ["--tokenizer", str(ranks), "--size", "700", "--workers", "1"]
    done = CliRunner().invoke(app, words + more)
    assert done.exception is None, done.exception
    assert "train with data=" in done.stdout
    assert made(tmp_path / "to").tolist() == expected(texts, ranks)


def test_a_token_that_the_tokenizer_has_not_is_one_sentence(folder: Path) -> None:
    path = folder / shards.LIST
    said = json.loads(path.read_text())
    first = folder / said["shards"][0]["file"]
    first.write_bytes(b"\xff\xff" + first.read_bytes()[2:])
    said["shards"][0]["sha256"] = hashlib.sha256(first.read_bytes()).hexdigest()
    path.write_text(json.dumps(said))
    with pytest.raises(DataError, match="its tokenizer has not"):
        opened(folder)


@pytest.mark.parametrize("state", [{"shard": 99}, {"shard": -1}, {"at": -1}])
def test_a_place_that_is_not_there_is_refused(folder: Path, state: dict[str, int]) -> None:
    source = Streamed(opened(folder), 16, "cpu")
    with pytest.raises(ValueError, match="there is no token"):
        source.load_state_dict({"shard": 0, "at": 0, "rounds": 0, **state})


def test_a_parquet_of_numbers_is_one_sentence(ranks: Path, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow.table({"text": [1, 2]}), tmp_path / "f.parquet")
    with pytest.raises(DataError, match="no column of texts"):
        prepare([tmp_path / "f.parquet"], tmp_path / "to", ranks)

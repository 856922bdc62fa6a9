"""`zhtui tokenize` and `zhtui runs export`, as a user's shell runs them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken.load
import tokenizers

from lessons.tokenizer import command, saved
from lessons.tokenizer.bpe import PATTERNS, Tokenizer
from zhtui.lesson import catalog
from zhtui.work import client, drive

VERSE = (
    "The king is dead, long live the king!\nIn 1492 the others' thing was 안녕하세요 👋 naïve.\n"
)
ZHTUI = [sys.executable, "-P", "-m", "zhtui"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a finished run `own` of 300 tokens."""
    place = tmp_path_factory.mktemp("store")
    text = place / "own.txt"
    text.write_text(VERSE * 3, encoding="utf-8")
    knobs = (f"data={text}", "vocab_size=300")
    entry = catalog.one("tokenizer")
    folder = client.create(place, entry, preset="quick", knobs=knobs, where="cpu", name="own")
    assert drive.work(folder) == 0
    return place


@pytest.fixture(scope="module")
def own(store: Path) -> Tokenizer:
    return saved.from_run(store / "tokenizer" / "own")


def shell(store: Path, *words: str, feed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command as it is typed; both streams are kept."""
    env = {**os.environ, "ZHTUI_STORE": str(store), "ZHTUI_OFFLINE": "1", "PYTHONUTF8": "1"}
    return subprocess.run([*ZHTUI, *words], input=feed, capture_output=True, env=env, check=False)


def screen(store: Path, *words: str, **more: str) -> str:
    """What the command writes on a terminal."""
    leader, follower = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    env |= {"ZHTUI_STORE": str(store), "ZHTUI_OFFLINE": "1", "PYTHONUTF8": "1", **more}
    with subprocess.Popen([*ZHTUI, *words], stdin=follower, stdout=follower, env=env) as process:
        os.close(follower)
        seen = b""
        try:
            while block := os.read(leader, 4096):
                seen += block
        except OSError:  # Linux says so that the other end is closed
            pass
        assert process.wait() == 0
    os.close(leader)
    return seen.decode().replace("\r\n", "\n")


def test_numbers_of_a_text_and_of_a_pipe(store: Path, own: Tokenizer) -> None:
    expected = own.encode(VERSE)
    typed = shell(store, "tokenize", "own", VERSE, "--ids")
    assert list(map(int, typed.stdout.split())) == expected
    for piped in (["-"], []):
        read = shell(store, "tokenize", "own", *piped, "--ids", feed=VERSE.encode())
        assert read.stdout == typed.stdout
    assert shell(store, "tokenize", "own", "", "--ids").stdout.split() == []


def test_an_object_a_token_gives_every_byte_back(store: Path, own: Tokenizer) -> None:
    done = shell(store, "tokenize", "own", VERSE + "漢", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == own.encode(VERSE + "漢")
    assert b"".join(bytes.fromhex(row["bytes"]) for row in rows).decode() == VERSE + "漢"
    assert [row["text"] for row in rows[-3:]] == [None] * 3
    assert all(row["text"].encode().hex() == row["bytes"] for row in rows if row["text"])


def test_off_a_terminal_a_bar_ends_each_token(store: Path, own: Tokenizer) -> None:
    done = shell(store, "tokenize", "own", "the 漢\x1b\nking")
    assert done.stdout.decode() == "the│ │\\xe6│\\xbc│\\xa2│\\x1b│⏎│\nking│\n".replace(
        "the│", "".join(f"{own.tokens[i].decode()}│" for i in own.encode("the"))
    ).replace("king│", "".join(f"{own.tokens[i].decode()}│" for i in own.encode("king")))


def test_grounds_take_turns_on_a_terminal_and_parts_of_a_character_stand_out(store: Path) -> None:
    seen = screen(store, "tokenize", "own", "zq漢")
    one, two = command.GROUNDS
    assert seen.startswith(f"{one}z{command.PLAIN}{two}q{command.PLAIN}{command.PART}\\xe6")
    assert seen.count(command.PART) == 3


def test_no_color_is_heard_and_numbers_have_none(store: Path) -> None:
    assert screen(store, "tokenize", "own", "zq", NO_COLOR="1") == "z│q│\n"
    assert screen(store, "tokenize", "own", "zq", "--ids") == "122 113\n"


def test_without_a_text_or_a_pipe_it_says_what_the_tokenizer_is(store: Path) -> None:
    assert screen(store, "tokenize", "own") == "own: 301 tokens; special: <|endoftext|>\n"


def test_special_tokens_as_encode_has_them(store: Path, own: Tokenizer) -> None:
    text = "a<|endoftext|>"
    for how in ("plain", "allow"):
        done = shell(store, "tokenize", "own", text, "--ids", "--special", how)
        assert list(map(int, done.stdout.split())) == own.encode(text, how)
    refused = shell(store, "tokenize", "own", text, "--special", "refuse")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"holds the special token <|endoftext|>" in refused.stderr


@pytest.mark.parametrize(
    ("words", "feed", "sentence"),
    [
        (["nobody", "x"], b"", "there is no run 'nobody'"),
        (["nobody", "x"], b"", "or give an exported file or one of gpt2, cl100k, o200k"),
        (["own"], b"abc\xff", "byte 3 is no UTF-8"),
        (["own", "x", "--special", "perhaps"], b"", "give 'refuse', 'allow' or 'plain'"),
    ],
)
def test_a_mistake_is_one_sentence(
    store: Path, words: list[str], feed: bytes, sentence: str
) -> None:
    done = shell(store, "tokenize", *words, feed=feed)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_leaves_is_met_in_silence(store: Path) -> None:
    script = "head -c 3000000 /dev/zero | tr '\\0' 'x ' | \"$0\" -P -m zhtui tokenize own --ids"
    done = subprocess.run(
        ["bash", "-c", f"{script} | head -c 10", sys.executable],
        env={**os.environ, "ZHTUI_STORE": str(store)},
        capture_output=True,
        check=True,
    )
    assert (len(done.stdout), done.stderr) == (10, b"")


PEAK = """
import resource, sys
sys.argv = ["zhtui", "tokenize", "own", "--ids"]
from zhtui.cli.app import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def peak(store: Path, size: int) -> tuple[int, int]:
    """Kilobytes at the most, and numbers written, for a pipe of `size` bytes."""
    env = {**os.environ, "ZHTUI_STORE": str(store)}
    script = f'yes "the king is dead" | head -c {size} | "$0" -P -c "$1" | wc -w'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, PEAK], env=env, capture_output=True, check=True
    )
    return int(done.stderr.split()[-1]), int(done.stdout)


@pytest.mark.slow
def test_a_pipe_of_thirty_megabytes_takes_no_more_memory_than_one(store: Path) -> None:
    small, few = peak(store, 1_000_000)
    large, many = peak(store, 30_000_000)
    assert many == pytest.approx(30 * few, rel=1e-3)
    assert large < small + 20_000


def test_exports_give_the_same_numbers_in_the_real_libraries(
    store: Path, own: Tokenizer, tmp_path: Path
) -> None:
    paths = {}
    for to in ("tiktoken", "hf", "text"):
        done = shell(store, "runs", "export", "own", "--to", to, "--into", str(tmp_path))
        assert done.returncode == 0, done.stderr
        paths[to] = Path(done.stdout.decode().strip())
    ranks = tiktoken.load.load_tiktoken_bpe(str(paths["tiktoken"]))
    theirs = tiktoken.Encoding(
        "own", pat_str=PATTERNS["gpt4"], mergeable_ranks=ranks, special_tokens={}
    )
    text = VERSE + "Any other 漢字 text, 12345  \n\n"
    assert theirs.encode(text) == own.encode(text)
    assert tokenizers.Tokenizer.from_file(str(paths["hf"])).encode(text).ids == own.encode(text)
    assert len(paths["text"].read_text(encoding="utf-8").splitlines()) == 302
    again = shell(store, "tokenize", str(paths["tiktoken"]), text, "--ids")
    assert list(map(int, again.stdout.split())) == own.encode(text)


def test_an_export_that_is_not_offered_names_those_that_are(store: Path) -> None:
    done = shell(store, "runs", "export", "own", "--to", "pickle")
    assert b"csv, json, tensorboard, svg, tiktoken, hf, text" in done.stderr

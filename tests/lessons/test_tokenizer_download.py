"""Published vocabularies come from a server here: whole, damaged, cut off, refused."""

from __future__ import annotations

import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lessons.blocks.ranks import Ranks
from lessons.tokenizer.bpe import Tokenizer, learn, split
from lessons.tokenizer.config import vocabulary
from lessons.tokenizer.export import tiktoken_ranks
from lessons.tokenizer.published import PUBLISHED, available, published, read_ranks
from zhtui.lab import DataError

SMALL = Tokenizer.from_merges(
    learn([chunk.encode() for chunk in split("the king " * 9, "gpt2")], 9)
)
BODY = tiktoken_ranks(SMALL).encode()


@dataclass
class Server:
    """What the server does, and the Range header of each request that it got."""

    address: str = ""
    body: bytes = BODY
    status: int = 200
    cuts: list[int] = field(default_factory=list)  # bytes sent before each of the first cuts
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback."""
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            state.asked.append(asked)
            start = int(asked[6:-1]) if asked else 0
            self.send_response(206 if start else state.status)
            if start:
                self.send_header("Content-Range", f"bytes {start}-/{len(state.body)}")
            body = state.body[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.cuts.pop(0) if state.cuts else len(body)])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        state.address = f"http://127.0.0.1:{served.server_port}"
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        served.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache; GPT-2's vocabulary is pinned to what the server has."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("ZHTUI_DATA", raising=False)
    monkeypatch.delenv("ZHTUI_OFFLINE")
    pin(monkeypatch, server.address)
    yield tmp_path / "cache"
    published.cache_clear()


def pin(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """GPT-2's vocabulary is what the tests' server has."""
    found = Ranks("r50k_base", hashlib.sha256(BODY).hexdigest(), len(BODY), place)
    data = vocabulary("gpt2", "GPT-2", found, here="gpt2.tiktoken")
    monkeypatch.setitem(PUBLISHED, "gpt2", replace(PUBLISHED["gpt2"], data=data))
    published.cache_clear()


def kept() -> Path:
    """Its place in tiktoken's cache."""
    cached = PUBLISHED["gpt2"].data.cached
    assert cached is not None
    return cached()


def refusal() -> str:
    with pytest.raises(DataError) as caught:
        published("gpt2", download=True)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith("the vocabulary of GPT-2 could not be downloaded (")
    assert sentence.endswith("): try again, or put gpt2.tiktoken where ZHTUI_DATA points")
    assert available() == []
    assert not kept().exists()
    return sentence


def test_the_right_file_comes_once_and_lies_where_tiktoken_looks(
    server: Server, cache: Path
) -> None:
    assert published("gpt2", download=True).ranks == SMALL.ranks
    name = hashlib.sha1(f"{server.address}/r50k_base.tiktoken".encode()).hexdigest()
    assert [path.name for path in cache.iterdir()] == [name]
    assert (cache / name).read_bytes() == BODY
    published.cache_clear()
    assert published("gpt2").ranks == read_ranks(BODY)
    assert server.asked == [None]


def test_nothing_is_asked_of_the_network_unless_that_is_wished(server: Server) -> None:
    with pytest.raises(DataError, match="not on this machine: `zhtui data get gpt2-tokens`"):
        published("gpt2")
    assert server.asked == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (BODY[::-1], "the file that came has another sha256"),
        (BODY + b"IQ== 9999\n", "sends more than"),
    ],
    ids=["other bytes", "longer"],
)
def test_another_file_is_refused_and_not_kept(server: Server, body: bytes, why: str) -> None:
    server.body = body
    assert why in refusal()
    server.body = BODY
    assert published("gpt2", download=True).ranks == SMALL.ranks


def test_a_cut_connection_goes_on_where_it_was_cut(server: Server) -> None:
    server.cuts = [1000, 500]
    assert published("gpt2", download=True).ranks == SMALL.ranks
    assert server.asked == [None, "bytes=1000-", "bytes=1500-"]


def test_the_next_call_goes_on_where_the_last_gave_up(server: Server, cache: Path) -> None:
    server.cuts = [1000, 0]
    assert f"the connection was cut after 1,000 of {len(BODY):,} bytes" in refusal()
    assert [path.suffix for path in cache.iterdir()] == [".part"]
    assert published("gpt2", download=True).ranks == SMALL.ranks
    assert server.asked[2:] == ["bytes=1000-"]
    assert [path.suffix for path in cache.iterdir()] == [""]


def test_a_refusing_server_is_quoted(server: Server) -> None:
    server.status = 403
    assert "answered 403 Forbidden" in refusal()


def test_a_refused_connection_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    pin(monkeypatch, f"http://127.0.0.1:{port}")
    assert "cannot be reached, Connection refused" in refusal()


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"file cannot be written .*: make room there"):
        published("gpt2", download=True)


def test_a_damaged_file_in_the_cache_is_replaced(server: Server, cache: Path) -> None:
    cache.mkdir()
    kept().write_bytes(BODY[:-9])
    with pytest.raises(DataError, match="is damaged"):
        published("gpt2")
    assert published("gpt2", download=True).ranks == SMALL.ranks
    assert kept().read_bytes() == BODY


def test_a_link_in_the_shared_cache_is_not_written_through(cache: Path, tmp_path: Path) -> None:
    """Its names are known beforehand, and in /tmp another user may have made the folder."""
    victim = tmp_path / "victim"
    victim.write_bytes(BODY[:10] * 1000)
    cache.mkdir()
    kept().with_name(f"{kept().name}.part").symlink_to(victim)
    assert "is a link or no plain file of your own; remove it" in refusal()
    assert victim.read_bytes() == BODY[:10] * 1000


COMMAND = """
import sys
from dataclasses import replace
from lessons.blocks.ranks import Ranks
from lessons.tokenizer import published
from lessons.tokenizer.config import vocabulary
place, size, sha256 = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = vocabulary("gpt2", "GPT-2", Ranks("r50k_base", sha256, size, place), here="gpt2.tiktoken")
published.PUBLISHED["gpt2"] = replace(published.PUBLISHED["gpt2"], data=data)
sys.argv = ["zhtui", "tokenize", "gpt2", "the king", "--ids"]
from zhtui.cli.app import main
main()
"""


@pytest.mark.parametrize("offline", ["0", "1"])
def test_the_command_downloads_unless_that_is_forbidden(server: Server, offline: str) -> None:
    words = [server.address, str(len(BODY)), hashlib.sha256(BODY).hexdigest()]
    done = subprocess.run(
        [sys.executable, "-P", "-c", COMMAND, *words],
        env={**os.environ, "ZHTUI_OFFLINE": offline},
        capture_output=True,
        text=True,
        check=False,
    )
    if offline == "1":
        assert (done.returncode, done.stdout, server.asked) == (1, "", [])
        assert done.stderr.count("\n") == 1
        assert "is not on this machine" in done.stderr
    else:
        expected = Tokenizer(SMALL.ranks, "gpt2").encode("the king")
        assert (done.returncode, list(map(int, done.stdout.split()))) == (0, expected)
        assert server.asked == [None]

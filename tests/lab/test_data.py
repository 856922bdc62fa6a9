"""Data sets are found in the stated order, checked, and downloaded from a server here."""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from zhtui.data import download, sets
from zhtui.data.paths import put
from zhtui.errors import ConfigError, DataError

BODY = "".join(f"{line} to be or not to be\n" for line in range(5000)).encode()
ZHTUI_DATA = os.environ.get("ZHTUI_DATA", "")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no folder of data, no memory of failures."""
    place = tmp_path / "cache"
    monkeypatch.setattr(sets, "_cache", lambda: place)
    monkeypatch.setattr(sets, "_failed", {})
    monkeypatch.delenv("ZHTUI_DATA", raising=False)
    return place


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that ZHTUI_DATA names."""
    place = tmp_path / "data"
    place.mkdir()
    monkeypatch.setenv("ZHTUI_DATA", str(place))
    return place


@dataclass
class Server:
    """What the server does, and the Range header of each request that it got."""

    url: str = ""
    body: bytes = BODY
    status: int = 200
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes sent before each of the first cuts
    asked: list[str | None] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on loopback, and the classic "shakespeare" pinned to what it serves."""
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            state.asked.append(asked)
            start = int(asked[6:-1]) if asked and state.ranges else 0
            whole = state.status == 200 and not start
            self.send_response(206 if start else state.status)
            if start:
                end, size = len(state.body) - 1, len(state.body)
                self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
            body = state.body[start:] if state.status == 200 else b"sorry"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            cut = state.cuts.pop(0) if state.cuts and (whole or start) else len(body)
            self.wfile.write(body[:cut])

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.delenv("ZHTUI_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        state.url = f"http://127.0.0.1:{served.server_port}/plays.txt"
        pin(monkeypatch, state.url)
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        served.shutdown()
        thread.join()


def pin(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    pinned = replace(
        sets.DATA_SETS["shakespeare"],
        address=urls,
        size=len(BODY),
        sha256=hashlib.sha256(BODY).hexdigest(),
    )
    monkeypatch.setitem(sets.DATA_SETS, "shakespeare", pinned)


def refusal(name: str) -> str:
    with pytest.raises(DataError) as caught:
        sets.find(name)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert ": " in sentence  # what is wrong: what to do
    return sentence


# A user's own file


def test_an_own_file_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "poem.txt").write_text("Schöne Grüße\n", encoding="utf-8")
    (tmp_path / "poem").write_text("no suffix\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (str(tmp_path / "poem.txt"), "./poem.txt", "poem.txt", "~/poem.txt"):
        found = sets.find(name)
        assert found.path.samefile(tmp_path / "poem.txt")
        assert found.path.is_absolute()
        assert found.size == 16
        assert found.sha256 == hashlib.sha256("Schöne Grüße\n".encode()).hexdigest()
        assert found.note == "data: poem.txt (13 characters, your own)"
    assert sets.find("poem").size == 10


def test_a_bare_file_name_may_lie_in_the_data_folder(folder: Path) -> None:
    (folder / "poem.txt").write_text("a poem", encoding="utf-8")
    assert sets.find("poem.txt").path == folder / "poem.txt"


def test_a_known_name_is_not_taken_for_a_file_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given").mkdir()
    monkeypatch.chdir(tmp_path)
    assert sets.find("given").name == "given"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.txt", b" \n\t\n", "is empty"),
        ("picture.png", b"\x89PNG\0\0", "is binary"),
        ("utf16.txt", "hello".encode("utf-16"), "is UTF-16, and UTF-8 is read here: convert it by"),
        ("bare.txt", "no mark".encode("utf-16-be"), "`iconv -f UTF-16 -t UTF-8 bare.txt"),
        ("korean.txt", "안녕".encode("utf-16"), "is UTF-16"),
        ("mark.txt", "\ufeff".encode(), "is empty"),
        (
            "pointer.txt",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "is a Git LFS pointer and not the text: get it by `git lfs pull`",
        ),
        ("latin.txt", b"caf\xe9 au lait", "is not UTF-8 at byte 3:"),
        ("cut.txt", "né".encode()[:-1], "is not UTF-8 at byte 1:"),
    ],
)
def test_what_is_no_text_is_refused(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert sentence in refusal(str(tmp_path / name))


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_a_file_is_read_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(sets, "BLOCK", block)
    good, bad = tmp_path / f"good{block}.txt", tmp_path / f"bad{block}.txt"
    good.write_text("aé€😀b", encoding="utf-8")
    bad.write_bytes("aé€😀".encode() + b"\xff more")
    assert sets.read_through(good).characters == 5
    good.write_text("\ufeffaé€😀b", encoding="utf-8")
    assert sets.read_through(good).characters == 5, "a byte order mark is none"
    assert "at byte 10:" in refusal(str(bad))


def test_places_that_hold_no_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    assert "is a folder" in refusal(str(tmp_path))
    assert "there is no file" in refusal(str(tmp_path / "absent.txt"))
    assert "there is no file" in refusal("~nobody-of-that-name/x.txt")
    assert "not a regular file" in refusal(str(tmp_path / "pipe.txt"))
    assert "cannot be read" in refusal(str(tmp_path / "loop.txt"))
    assert "cannot be read" in refusal("a\0b.txt")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert "'shakespeare'" in refusal("shakespear")
    assert "names, shakespeare, given, python" in refusal("zzz")
    with pytest.raises(ConfigError, match=r"take 'python'$"):
        sets.get("pyhton")
    with pytest.raises(DataError, match="take 'given'"):
        sets.find("auto", auto=("givn",))


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        for _ in range(32):
            file.write(b"all work and no play\n" * 50_000)
    tracemalloc.start()
    contents = sets.read_through(large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert contents.size == contents.characters == 33_600_000
    assert peak < 8 * sets.BLOCK


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("one", encoding="utf-8")
    before = sets.find(str(path)).sha256
    path.write_text("two, longer", encoding="utf-8")
    assert sets.find(str(path)).sha256 != before


# What the program carries


def test_given_names_are_many_and_plain() -> None:
    names = sets.find("given").path.read_text(encoding="utf-8").split("\n")
    assert names.pop() == ""
    assert len(names) == len(set(names)) >= 3000
    assert all(re.fullmatch("[a-z]{2,16}", name) for name in names)
    assert names == sorted(names)


def test_the_python_reference_is_written_once(cache: Path) -> None:
    found = sets.find("python")
    text = found.path.read_text(encoding="utf-8")
    assert found.path.parent == cache
    assert len(text) > 300_000
    assert 'The "assert" statement' in text
    assert f"({len(text):,} characters, shipped)" in found.note
    before = found.path.stat()
    assert sets.find("python") == found
    assert found.path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(cache.iterdir()) == [found.path]


def test_a_spoilt_python_reference_is_written_again() -> None:
    found = sets.find("python")
    found.path.write_text("half of it", encoding="utf-8")
    assert sets.find("python").sha256 == found.sha256


def test_a_cache_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.write_text("a file where the folder should be", encoding="utf-8")
    assert "XDG_CACHE_HOME" in refusal("python")


# Where a classic is looked for


def test_the_data_folder_comes_before_the_cache(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch)
    cache.mkdir()
    (cache / "tinyshakespeare.txt").write_bytes(BODY)
    assert sets.find("shakespeare").note.endswith("from the cache)")
    (folder / "input.txt").write_bytes(BODY)
    assert sets.find("shakespeare").path == folder / "input.txt"
    (folder / "tinyshakespeare.txt").write_bytes(BODY)
    assert sets.find("shakespeare").path == folder / "tinyshakespeare.txt"
    assert sets.find("shakespeare").note.endswith("on disk)")


def test_another_file_under_a_classic_name_is_refused_but_works_by_its_path(folder: Path) -> None:
    mine = folder / "names.txt"
    mine.write_text("anna\nbela\n", encoding="utf-8")
    assert "is not the classic" in refusal("names")
    found = sets.find("auto", auto=("names", "given"))
    assert found.name == "given"
    assert "is not the classic" in found.note
    assert sets.find(str(mine)).path == mine


def test_a_data_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHTUI_DATA", str(tmp_path / "absent"))
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert "ZHTUI_DATA" in refusal("names")
    assert sets.find(str(tmp_path / "mine.txt")).size == 4
    assert {row.name: place for row, place in sets.known()}["names"] is None


def test_offline_forbids_the_download(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHTUI_OFFLINE", "1")
    assert "ZHTUI_OFFLINE" in refusal("shakespeare")
    note = sets.find("auto", auto=("shakespeare", "python")).note
    assert note.startswith("data: the Python language reference (")
    assert "Tiny Shakespeare is not on this machine and ZHTUI_OFFLINE forbids" in note
    assert server.asked == []


def test_auto_with_nothing_to_be_had_says_so() -> None:
    with pytest.raises(DataError, match="give a text file with data=PATH"):
        sets.find("auto", auto=("names", "shakespeare"))
    with pytest.raises(DataError, match="names none"):
        sets.find("auto")


def test_known_lists_every_data_set_and_downloads_none(server: Server) -> None:
    rows = {row.name: (row, place) for row, place in sets.known()}
    assert list(rows) == ["names", "shakespeare", "given", "python"]
    assert rows["shakespeare"][1] is None
    given, place = rows["given"]
    assert place is not None
    assert given.size == place.stat().st_size
    assert server.asked == []


# Downloading


def test_a_download_reports_its_progress_and_is_kept(server: Server, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = sets.get("shakespeare", lambda done, size: seen.append((done, size)))
    assert found.path.read_bytes() == BODY
    assert found.note.endswith("downloaded)")
    assert seen == sorted(seen)
    assert len(seen) > 1
    assert seen[-1] == (len(BODY), len(BODY))
    assert sets.get("shakespeare").note.endswith("from the cache)")
    assert server.asked == [None]
    assert [path.name for path in cache.iterdir()] == ["tinyshakespeare.txt"]


def test_a_cut_connection_goes_on_where_it_was_cut(server: Server) -> None:
    server.cuts = [70_000, 10_000]
    assert sets.get("shakespeare").path.read_bytes() == BODY
    assert server.asked == [None, "bytes=70000-", "bytes=80000-"]


def test_the_next_call_goes_on_where_the_last_gave_up(server: Server) -> None:
    server.cuts = [50_000, 0]
    assert f"cut after 50,000 of {len(BODY):,} bytes" in refusal("shakespeare")
    assert sets.get("shakespeare").path.read_bytes() == BODY
    assert server.asked[2:] == ["bytes=50000-"]


def test_a_server_without_ranges_starts_again(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "tinyshakespeare.txt.part").write_bytes(BODY[:1000])
    server.ranges = False
    assert sets.get("shakespeare").path.read_bytes() == BODY
    assert server.asked == ["bytes=1000-"]


def test_a_part_that_is_too_long_starts_again(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "tinyshakespeare.txt.part").write_bytes(BODY + b"more")
    assert sets.get("shakespeare").path.read_bytes() == BODY


def test_a_complete_part_needs_no_request(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "tinyshakespeare.txt.part").write_bytes(BODY)
    assert sets.get("shakespeare").path.read_bytes() == BODY
    assert server.asked == []


@pytest.mark.parametrize(
    ("body", "words"),
    [(BODY[::-1], "another sha256"), (BODY + b"!", "more than")],
    ids=["same size", "longer"],
)
def test_other_bytes_are_thrown_away(server: Server, cache: Path, body: bytes, words: str) -> None:
    server.body = body
    assert words in refusal("shakespeare")
    assert not (cache / "tinyshakespeare.txt").exists()
    server.body = BODY
    assert sets.get("shakespeare").path.read_bytes() == BODY


def test_a_refusing_server_is_quoted(server: Server) -> None:
    server.status = 404
    assert "answered 404 Not Found" in refusal("shakespeare")


def test_the_second_address_is_tried(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/plays.txt"
    pin(monkeypatch, dead)
    assert "(127.0.0.1:" in (sentence := refusal("shakespeare"))
    assert "cannot be reached, Connection refused): try again" in sentence
    pin(monkeypatch, dead, server.url)
    assert sets.get("shakespeare").path.read_bytes() == BODY


def test_auto_downloads_then_falls_back_and_remembers(server: Server) -> None:
    server.status = 503
    for _ in range(2):
        found = sets.find("auto", auto=("shakespeare", "python"))
        assert found.name == "python"
        assert "; Tiny Shakespeare could not be downloaded (" in found.note
        assert "503" in found.note
    assert server.asked == [None]
    server.status = 200
    assert sets.get("shakespeare").name == "shakespeare"  # asked by name, it is tried again
    assert sets.find("auto", auto=("shakespeare", "python")).name == "shakespeare"


def test_auto_does_not_wait_for_a_silent_server(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "QUICK", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pin(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/plays.txt")
        begun = time.monotonic()
        found = sets.find("auto", auto=("shakespeare", "given"))
    assert found.name == "given"
    assert time.monotonic() - begun < 5


def test_two_who_want_the_same_file_take_turns(server: Server) -> None:
    found: list[bytes] = []

    def want() -> None:
        found.append(sets.get("shakespeare").path.read_bytes())

    both = [threading.Thread(target=want) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert found == [BODY, BODY]
    assert server.asked == [None]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_disk_is_named(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("a+b", 0) as full:
        monkeypatch.setattr(download, "_opened", lambda part: full)
        sentence = refusal("shakespeare")
    assert "No space left on device" in sentence
    assert str(cache) in sentence


def _link(part: Path, victim: Path) -> None:
    part.symlink_to(victim)


def _dangling(part: Path, victim: Path) -> None:
    part.symlink_to(victim.with_name("new"))


def _second_name(part: Path, victim: Path) -> None:
    part.hardlink_to(victim)


def _pipe(part: Path, victim: Path) -> None:
    os.mkfifo(part)


def _folder(part: Path, victim: Path) -> None:
    part.mkdir()


@pytest.mark.parametrize("lay", [_link, _dangling, _second_name, _pipe, _folder])
def test_what_waits_under_the_name_of_a_download_is_not_written_to(
    server: Server, cache: Path, tmp_path: Path, lay: Callable[[Path, Path], None]
) -> None:
    """A folder that is shared with other programs may have been made by somebody else."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious" * 100_000)
    cache.mkdir()
    part = cache / "tinyshakespeare.txt.part"
    lay(part, victim)
    assert f"({part} is a link or no plain file of your own; remove it)" in refusal("shakespeare")
    assert victim.read_bytes() == b"precious" * 100_000
    assert not (tmp_path / "new").exists()
    assert server.asked == []
    part.rmdir() if part.is_dir() else part.unlink()
    assert sets.get("shakespeare").path.read_bytes() == BODY


def test_another_users_part_is_not_gone_on_with(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    part = cache / "tinyshakespeare.txt.part"
    part.write_bytes(BODY[:1000])
    monkeypatch.setattr(os, "geteuid", lambda: part.stat().st_uid + 1)
    assert "no plain file of your own" in refusal("shakespeare")
    assert part.read_bytes() == BODY[:1000]


def test_a_link_under_the_final_name_is_replaced_and_not_followed(
    server: Server, cache: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    cache.mkdir()
    (cache / "tinyshakespeare.txt").symlink_to(victim)
    found = sets.get("shakespeare").path
    assert found.read_bytes() == BODY
    assert not found.is_symlink()
    assert victim.read_bytes() == b"precious"


def test_a_file_of_the_cache_is_written_through_no_link(cache: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    cache.mkdir()
    (cache / f".kept.json.{os.getpid()}").symlink_to(victim)
    put(cache / "kept.json", b"{}")
    assert victim.read_bytes() == b"precious"
    assert [path.name for path in cache.iterdir()] == ["kept.json"]
    assert (cache / "kept.json").read_bytes() == b"{}"


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (b"other", "is not the classic (another sha256; data="),
        (BODY[:-1] + "é".encode()[:1], "is not the classic"),
        (b"", "is not the classic"),
        (b"a\0b", "is not the classic"),
        ("ab".encode("utf-16"), "is not the classic"),
        (sets.LFS_POINTER + b"v1\n", "is a Git LFS pointer and not the file (`git lfs pull` gets"),
    ],
    ids=["other text", "cut in a character", "empty", "binary", "utf-16", "lfs"],
)
def test_a_damaged_file_is_passed_over_for_the_next_place(
    server: Server, folder: Path, cache: Path, damage: bytes, why: str
) -> None:
    """A file in $ZHTUI_DATA that is none holds up neither the cache nor a download."""
    (folder / "tinyshakespeare.txt").write_bytes(damage)
    found = sets.get("shakespeare")
    assert found.path == cache / "tinyshakespeare.txt"
    assert why in found.note
    assert sets.get("shakespeare").note.endswith("from the cache)")
    assert server.asked == [None]
    (cache / "tinyshakespeare.txt").unlink()
    server.status = 404
    sentence = refusal("shakespeare")
    assert sentence.startswith(f"{folder / 'tinyshakespeare.txt'} is ")
    assert why in sentence


@pytest.mark.parametrize("what", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_passed_over_for_the_next_place(
    server: Server, folder: Path, cache: Path, what: str
) -> None:
    path = folder / "tinyshakespeare.txt"
    lay = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "loop": lambda: path.symlink_to(path),
    }
    lay[what]()
    assert sets.get("shakespeare").path == cache / "tinyshakespeare.txt"


def test_a_pinned_file_is_read_once_for_as_long_as_it_is_the_same(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets.get("shakespeare")
    sets.get("shakespeare")
    monkeypatch.setattr(hashlib, "file_digest", None)  # it would be called
    assert sets.get("shakespeare").path.read_bytes() == BODY


# The real ones


@pytest.mark.skipif(not ZHTUI_DATA, reason="ZHTUI_DATA names no folder with the classics")
@pytest.mark.parametrize(("name", "size"), [("names", 228_145), ("shakespeare", 1_115_394)])
def test_the_classics_have_their_pinned_size(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHTUI_DATA", ZHTUI_DATA)
    found = sets.find(name)
    assert found.size == size == sets.DATA_SETS[name].size
    assert found.sha256 == sets.DATA_SETS[name].sha256


def test_the_module_is_light() -> None:
    heavy = "torch textual numpy urllib.request platformdirs pydoc_data"
    code = f"import sys, zhtui.data.sets; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Data sets: a user's own file, one on disk, one that the program carries, one downloaded.

    found = find("shakespeare")                            # or a path
    found = find("auto", auto=("shakespeare", "python"))   # the first that can be had

A name is looked up in this order: a path; $ZHTUI_DATA; the cache; what the program carries; a
download. A classic counts only with its pinned sha256, so that a published figure is compared on
the same bytes. `ZHTUI_OFFLINE=1` forbids every download. What is found exists, is not empty and is
UTF-8.
"""

from __future__ import annotations

import codecs
import difflib
import functools
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from zhtui.data.dataset import DATA_SETS, DataSet
from zhtui.data.paths import expanded, put, there
from zhtui.errors import ConfigError, DataError

Progress = Callable[[int, int], None]  # bytes done, bytes in all

QUICK = 3.0  # seconds without an answer before "auto" goes on to the next data set
PATIENT = 20.0  # the same where the user asked for this data set
HEAD = 4096  # bytes that tell what kind of text it is
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
BLOCK = 1 << 20  # bytes read at a time: a file is never held whole


@dataclass(frozen=True)
class Found:
    """A data set on disk: `size` in bytes; `note` says in one line what was taken, and why."""

    name: str
    path: Path
    sha256: str
    size: int
    note: str


@dataclass(frozen=True)
class Contents:
    """What one pass over a text file tells."""

    sha256: str
    size: int
    characters: int


_failed: dict[str, str] = {}  # data set -> why its download failed in this process


def find(
    name: str | DataSet,
    *,
    auto: Iterable[str] = (),
    download: bool = True,
    progress: Progress | None = None,
    own: Iterable[DataSet] = (),
) -> Found:
    """The data set of that name, or the user's own file at that path.

    `own` are a lesson's, beside those of the lab. "auto" takes the first of `auto` that is on this
    machine or can be downloaded quickly. Raises `DataError`, whose sentence ends in what to do.
    """
    if isinstance(name, DataSet):
        return _get(name, download, progress, PATIENT)
    known = {**{data.name: data for data in own}, **DATA_SETS}
    if name == "auto":
        return _first([_named(each, known) for each in auto], download, progress)
    if name in known:
        return _get(known[name], download, progress, PATIENT)
    return _own(name, known)


def get(name: str, progress: Progress | None = None, own: Iterable[DataSet] = ()) -> Found:
    """A data set by its name, downloaded where it is not on this machine. Raises `DataError`, and
    `ConfigError` where there is none of that name.
    """
    known = {**{data.name: data for data in own}, **DATA_SETS}
    if name not in known:
        raise ConfigError(f"there is no data set {name!r}: take {_nearest(name, known)}")
    return find(known[name], progress=progress)


def known(own: Iterable[DataSet] = ()) -> list[tuple[DataSet, Path | None]]:
    """Every data set that has a name, and where it lies; nothing is downloaded."""
    rows: list[tuple[DataSet, Path | None]] = []
    for data in {**DATA_SETS, **{data.name: data for data in own}}.values():
        try:
            found = find(data, download=False)
            rows.append((replace(data, size=found.size, sha256=found.sha256), found.path))
        except DataError:
            rows.append((data, None))
    return rows


def is_here(data: DataSet) -> bool:
    """Whether a file of its name is on this machine; what is in it is not looked at."""
    return any(path.is_file() for path, _ in _places(data))


def read_through(path: Path) -> Contents:
    """Reads a text file once, block by block; raises `DataError` where it is not UTF-8 text."""
    try:
        status = path.stat()
        if path.is_dir():
            raise DataError(f"{path} is a folder: give the path of a text file in it")
        if not path.is_file():
            raise DataError(f"{path} is not a regular file: save it as a text file and give that")
        return _scan(path.absolute(), status.st_mtime_ns, status.st_size)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}: check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read ({reason}): check the path and the file") from None


# Looking up


def _first(sets: list[DataSet], download: bool, progress: Progress | None) -> Found:
    reasons: list[str] = []
    for data in sets:
        try:
            found = _get(data, download and data.name not in _failed, progress, QUICK)
        except DataError as error:
            what_is_wrong, _, _what_to_do = _failed.get(data.name, str(error)).rpartition(": ")
            reasons.append(what_is_wrong)
            continue
        return replace(found, note="; ".join([found.note, *reasons]))
    tried = "; ".join(reasons) or "this lesson names none"
    raise DataError(f"no data set is available ({tried}): give a text file with data=PATH")


def _get(data: DataSet, download: bool, progress: Progress | None, patience: float) -> Found:
    if data.name in DATA_SETS and not data.sha256:
        return _found(data, _carried(data), "shipped")
    refused = ""
    for path, where in _places(data):
        if not there(path):
            continue
        refused = _other(data, path)
        if not refused:
            return _found(data, path, where)
    try:
        path = _download(data, download, progress, patience)
    except DataError as error:
        raise DataError("; ".join(filter(None, [refused, str(error)]))) from None
    found = _found(data, path, "downloaded")
    return replace(found, note="; ".join(filter(None, [found.note, refused])))


def _places(data: DataSet) -> Iterable[tuple[Path, str]]:
    folder = data_folder()
    if folder is not None:
        yield from ((folder / filename, "on disk") for filename in (data.file, *data.also))
    yield _kept(data), "from the cache"


def _kept(data: DataSet) -> Path:
    """Where a download of it lies."""
    return data.cached() if data.cached else _cache() / data.file


def _other(data: DataSet, path: Path) -> str:
    """Why what lies there is not the pinned file; "" where it is. It may be any bytes, or none."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return f"{path} is not a regular file"
        head, sha256 = _bytes(path.absolute(), status.st_mtime_ns, status.st_size)
    except OSError as error:
        return f"{path} cannot be read ({error.strerror or error})"
    if sha256 == data.sha256:
        return ""
    if head.startswith(LFS_POINTER):
        return f"{path} is a Git LFS pointer and not the file (`git lfs pull` gets it)"
    if data.name in DATA_SETS:
        return f"{path} is not the classic (another sha256; data={path} takes it as your own)"
    return f"{path} is damaged (its sha256 is another)"


@functools.lru_cache(maxsize=64)
def _bytes(path: Path, _changed: int, _size: int) -> tuple[bytes, str]:
    """A file's beginning and sha256, remembered for as long as it has the same size and time."""
    with path.open("rb") as file:
        head = file.read(len(LFS_POINTER))
        file.seek(0)
        return head, hashlib.file_digest(file, "sha256").hexdigest()


def _own(name: str, known: Mapping[str, DataSet]) -> Found:
    """A user's own file; a bare file name may also lie in $ZHTUI_DATA."""
    path = expanded(name)
    if path.name == name and not there(path):
        folder = data_folder()
        if folder is not None and there(folder / name):
            path = folder / name
    looks_like_a_path = os.sep in name or bool(path.suffix) or there(path)
    if not looks_like_a_path:
        _named(name, known)  # it is none of them, and the refusal names the nearest
    text = read_through(path)
    note = f"data: {path.name} ({text.characters:,} characters, your own)"
    return Found(name, path.absolute(), text.sha256, text.size, note)


def _found(data: DataSet, path: Path, where: str) -> Found:
    if not data.text:
        note = f"data: {data.words} ({data.size:,} bytes, {where})"
        return Found(data.name, path.absolute(), data.sha256, data.size, note)
    text = read_through(path)
    note = f"data: {data.words} ({text.characters:,} characters, {where})"
    return Found(data.name, path.absolute(), text.sha256, text.size, note)


def _named(name: str, known: Mapping[str, DataSet]) -> DataSet:
    if name in known:
        return known[name]
    take = _nearest(name, known)
    raise DataError(f"there is no data set {name!r}: take {take}, or give a text file's path")


def _nearest(name: str, known: Iterable[str]) -> str:
    """The name that was meant, or all there are."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"{near[0]!r}" if near else f"one of {', '.join(known)}"


def data_folder() -> Path | None:
    """The folder that ZHTUI_DATA names. Raises `DataError` where that is none."""
    text = os.environ.get("ZHTUI_DATA", "")
    if not text:
        return None
    folder = expanded(text)
    if not folder.is_dir():
        raise DataError(f"ZHTUI_DATA is {text}, which is not a folder: correct it or unset it")
    return folder


def _cache() -> Path:
    import platformdirs  # deferred: 5 ms that a lesson's card must not cost

    return Path(platformdirs.user_cache_dir("zhtui"))


# What the program carries


def _carried(data: DataSet) -> Path:
    if data.name == "given":
        return Path(__file__).with_name(data.file)
    path, text = _cache() / data.file, _python_reference().encode()
    try:
        if not path.is_file() or path.read_bytes() != text:
            put(path, text)
    except OSError as error:
        unwritable = _unwritable(path.parent, error)
        raise DataError(f"{unwritable}: make room there or set XDG_CACHE_HOME") from None
    return path


def _python_reference() -> str:
    """Python's language reference, which every CPython carries as plain text for `help()`."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise DataError(
            "this Python comes without pydoc_data, its language reference: give data=PATH"
        ) from None
    return "\n\n".join(topics[name].strip() for name in sorted(topics)) + "\n"


def _unwritable(folder: Path, error: OSError) -> str:
    reason = error.strerror or error
    return f"{folder} cannot be written ({reason})"


# Reading


@functools.lru_cache(maxsize=64)
def _scan(path: Path, _changed: int, size: int) -> Contents:
    """One pass, remembered for as long as the file has the same size and time of change."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    done, characters, blank = 0, 0, True
    with path.open("rb") as file:
        _refuse(path, file.read(HEAD))
        file.seek(0)
        while True:
            block = file.read(BLOCK)
            if b"\0" in block:
                raise DataError(f"{path} is binary (it holds NUL bytes): give a UTF-8 text file")
            start = done - len(decoder.getstate()[0])  # bytes of a character cut by the block
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                offset = start + error.start
                raise DataError(
                    f"{path} is not UTF-8 at byte {offset:,}: save it as UTF-8, or give another"
                ) from None
            text = text if characters else text.removeprefix("\ufeff")  # a byte order mark
            digest.update(block)
            done, characters = done + len(block), characters + len(text)
            blank = blank and not text.strip()
            if not block:
                break
    if blank:
        raise DataError(f"{path} is empty: give a file with some text in it")
    return Contents(digest.hexdigest(), done, characters)


def _refuse(path: Path, head: bytes) -> None:
    """Raises `DataError` where a file's beginning tells that it is another kind of text."""
    if head.startswith(LFS_POINTER):
        raise DataError(f"{path} is a Git LFS pointer and not the text: get it by `git lfs pull`")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(head):
        convert = f"iconv -f UTF-16 -t UTF-8 {path.name} > utf8.txt"
        raise DataError(f"{path} is UTF-16, and UTF-8 is read here: convert it by `{convert}`")


def _wide(head: bytes) -> bool:
    """Whether of each two bytes always the same one is mostly 0: UTF-16 of a Latin script."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    return min(even, odd) == 0 and max(even, odd) * 4 > len(head) > 4


def _download(data: DataSet, allowed: bool, progress: Progress | None, patience: float) -> Path:
    if not allowed:
        raise DataError(
            f"{data.words} is not on this machine: `zhtui data get {data.name}`, "
            f"or put {data.file} into $ZHTUI_DATA"
        )
    if os.environ.get("ZHTUI_OFFLINE", "0") not in ("", "0"):
        raise DataError(
            f"{data.words} is not on this machine and ZHTUI_OFFLINE forbids the download: "
            f"unset it, or put {data.file} where ZHTUI_DATA points"
        )
    from zhtui.data import download  # deferred: urllib.request takes 30 ms

    target = _kept(data)
    try:
        download.fetch(data.addresses, target, data.size, data.sha256, progress, patience)
    except download.Failed as error:
        _failed[data.name] = (
            f"{data.words} could not be downloaded ({error}): "
            f"try again, or put {data.file} where ZHTUI_DATA points"
        )
        raise DataError(_failed[data.name]) from None
    except OSError as error:
        unwritable = _unwritable(target.parent, error)
        what = f"make room there, or put {data.file} where ZHTUI_DATA points"
        raise DataError(f"{unwritable}: {what}") from None
    return target

"""A tokenizer as a file: for tiktoken, for Hugging Face's `tokenizers`, and to read.

What is written is read back by `read`, and a file that was damaged is refused by a sentence.
tiktoken's format holds the ranks alone, so the split and the special tokens lie beside it in a
small JSON file.
"""

from __future__ import annotations

import binascii
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lessons.blocks.files import created
from lessons.tokenizer.bpe import PATTERNS, Tokenizer
from lessons.tokenizer.published import published_as, read_ranks
from lessons.tokenizer.seams import halves
from zhtui.lab import DataError

FORMATS = ("tiktoken", "hf", "text")


def write(tokenizer: Tokenizer, to: str, folder: Path, counts: Sequence[int] = ()) -> Path:
    """Writes the tokenizer to `folder` and gives the file's path. Raises `DataError`.

    `counts` says how often each merge's pair stood in the text; only "text" shows it.
    """
    if to not in FORMATS:
        raise DataError(f"no export is called {to!r}; give one of {', '.join(FORMATS)}")
    name = tokenizer.name or "tokenizer"
    if to == "hf":
        return _put(folder / "tokenizer.json", hugging_face(tokenizer))
    if to == "text":
        return _put(folder / f"{name}.vocab.txt", readable(tokenizer, counts))
    _put(folder / f"{name}.tiktoken.json", beside(tokenizer))
    return _put(folder / f"{name}.tiktoken", tiktoken_ranks(tokenizer))


def _put(path: Path, content: str) -> Path:
    """The whole file or none: written aside, then renamed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with created(aside) as file:
            file.write(content.encode())
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        why = error.strerror or error
        raise DataError(f"{path} cannot be written ({why}); give another folder") from error
    return path


# ---------------------------------------------------------------------------------------- tiktoken


def tiktoken_ranks(tokenizer: Tokenizer) -> str:
    """A line a token: its bytes in base64, its rank."""
    by_rank = sorted(tokenizer.ranks.items(), key=lambda item: item[1])
    lines = [
        f"{binascii.b2a_base64(token, newline=False).decode()} {rank}" for token, rank in by_rank
    ]
    return "\n".join([*lines, ""])


def beside(tokenizer: Tokenizer) -> str:
    """What `tiktoken.Encoding` wants besides the ranks."""
    pattern = PATTERNS.get(tokenizer.pattern, tokenizer.pattern)
    return json.dumps({"pat_str": pattern, "special_tokens": dict(tokenizer.specials)}, indent=2)


# ------------------------------------------------------------------------------------ Hugging Face


def byte_letters() -> list[str]:
    """GPT-2's letter for each byte: itself where it can be seen, else one from U+0100 on."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in seen]
    letters = {byte: chr(byte) for byte in seen}
    letters |= {byte: chr(0x100 + i) for i, byte in enumerate(hidden)}
    return [letters[byte] for byte in range(256)]


LETTERS = byte_letters()
BYTES = {letter: byte for byte, letter in enumerate(LETTERS)}


def lettered(token: bytes) -> str:
    """A token's bytes in those letters."""
    return "".join([LETTERS[byte] for byte in token])


def hugging_face(tokenizer: Tokenizer) -> str:
    """`tokenizer.json`: the same split, the same merges in the same order, the same numbers."""
    by_rank = sorted(tokenizer.ranks.items(), key=lambda item: item[1])
    parts = [halves(tokenizer, token) for token, _ in by_rank]
    byte_level = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": False,
    }
    cut = {
        "type": "Split",
        "pattern": {"Regex": PATTERNS.get(tokenizer.pattern, tokenizer.pattern)},
        "behavior": "Isolated",
        "invert": False,
    }
    special = {
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }
    whole = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": id_, "content": s, **special} for s, id_ in tokenizer.specials.items()
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [cut, byte_level]},
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {lettered(token): rank for token, rank in by_rank},
            "merges": [[lettered(left), lettered(right)] for left, right in filter(None, parts)],
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


# ----------------------------------------------------------------------------------------- to read


def shown(token: bytes) -> str:
    """A token for the eye, in quotes: bytes that are not UTF-8 and no letter as \\x escapes."""
    text = token.decode("utf-8", errors="backslashreplace")
    safe = [c if c.isprintable() else c.encode("unicode_escape").decode() for c in text]
    return '"' + "".join(safe) + '"'


def clipped(token: bytes, most: int = 40) -> str:
    """The same, of a long token its beginning alone."""
    return shown(token) if len(token) <= most else f'{shown(token[:most])[:-1]}…"'


def readable(tokenizer: Tokenizer, counts: Sequence[int] = ()) -> str:
    """A line a token: its number, itself, what was joined to it, how often that pair stood so."""
    lines = [f"# {tokenizer.size:,} tokens, split {tokenizer.pattern}"]
    made = 0
    for token, rank in sorted(tokenizer.ranks.items(), key=lambda item: item[1]):
        line = f"{rank:>6}  {shown(token)}"
        if pair := halves(tokenizer, token):
            line += f" = {shown(pair[0])} + {shown(pair[1])}"
            line += f"  × {counts[made]:,}" if made < len(counts) else ""
            made += 1
        lines.append(line)
    lines += [f"{number:>6}  {text}  special" for text, number in tokenizer.specials.items()]
    return "\n".join([*lines, ""])


# ----------------------------------------------------------------------------------------- reading


def read(path: Path) -> Tokenizer:
    """An exported `*.tiktoken` or `tokenizer.json`. Raises `DataError` that says what is wrong."""
    try:
        content = path.read_bytes()
        tokenizer = (
            _from_tiktoken(path, content) if path.suffix == ".tiktoken" else _from_json(content)
        )
        _check(tokenizer)
    except OSError as error:
        why = error.strerror or error
        raise DataError(f"{path} cannot be read ({why}); give an exported file") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path} is not a whole tokenizer ({why}); export it again from its run"
        ) from error
    return tokenizer


def _from_tiktoken(path: Path, content: bytes) -> Tokenizer:
    """The ranks, and how a text is cut: as the file beside it says, or as is known of a published
    one. Raises `ValueError` where neither is so: cut in another way, a text has other numbers.
    """
    companion = path.with_name(f"{path.name}.json")
    if companion.is_file():
        settings: dict[str, Any] = json.loads(companion.read_bytes())
        pattern, specials = _name_of(settings["pat_str"]), settings.get("special_tokens", {})
    elif (entry := published_as(content)) is not None:
        pattern, specials = entry.pattern, entry.specials
    else:
        raise ValueError(f"{companion.name}, which says where a text is cut, is not beside it")
    return Tokenizer(read_ranks(content), pattern, specials, path.stem)


def _from_json(content: bytes) -> Tokenizer:
    whole = json.loads(content)
    vocab = whole["model"]["vocab"]
    ranks = {bytes([BYTES[letter] for letter in text]): rank for text, rank in vocab.items()}
    specials = {entry["content"]: entry["id"] for entry in whole["added_tokens"]}
    pattern = whole["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    return Tokenizer(ranks, _name_of(pattern), specials, "exported")


def _name_of(pattern: str) -> str:
    names = {known: name for name, known in PATTERNS.items()}
    return names.get(pattern, pattern)


def _check(tokenizer: Tokenizer) -> None:
    """Raises `ValueError` unless bytes and ranks are complete and each token has its two parts."""
    ranks = tokenizer.ranks
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise ValueError(f"it has no token for the byte {missing[0]}")
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ValueError("its ranks are not 0, 1, 2, …")
    for token, rank in ranks.items():
        if len(token) > 1 and halves(tokenizer, token) is None:
            raise ValueError(f"token {rank} is not made of two older ones")

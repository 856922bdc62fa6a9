"""What a data set is, and those that the lab itself knows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataSet:
    """A data set that has a name. A lesson declares its own in its card:

        Lesson(..., data=(DataSet("hellaswag", "https://…/val.jsonl", "bc1c…", 12_246_618),))

    It is looked for under its `filename` (else what its address ends in) and the names in `also`,
    and counts only with its sha256 and size in bytes; where it is nowhere, it is downloaded. It is
    UTF-8 text unless `text` is off. `cached` says where a download lies, where that is not the
    lab's own cache but one that it shares with another program.
    """

    name: str
    address: str | tuple[str, ...] = ()  # of several the first that gives it
    sha256: str = ""
    size: int = 0
    title: str = ""
    filename: str = ""
    licence: str = ""
    also: tuple[str, ...] = ()
    text: bool = True
    cached: Callable[[], Path] | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is published."""
        return (self.address,) if isinstance(self.address, str) else self.address

    @property
    def file(self) -> str:
        """Its file's name."""
        return self.filename or (self.addresses or (self.name,))[0].rpartition("/")[2]

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return self.title or self.name


DATA_SETS = {
    row.name: row
    for row in (
        DataSet(
            "names",
            "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
            "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            228_145,
            title="names.txt",
            licence="public domain: US Social Security Administration, through makemore (MIT)",
        ),
        DataSet(
            "shakespeare",
            "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
            "tinyshakespeare/input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            1_115_394,
            title="Tiny Shakespeare",
            filename="tinyshakespeare.txt",
            licence="public domain: Shakespeare's plays, collected for char-rnn (MIT)",
            also=("input.txt",),
        ),
        DataSet(
            "given",
            title="given names",
            filename="given_names.txt",
            licence="MIT, as this program",
        ),
        DataSet(
            "python",
            title="the Python language reference",
            # the text differs from one Python to the next, so each keeps its own
            filename="python-reference-{}.{}.{}.txt".format(*sys.version_info[:3]),
            licence="PSF licence, as Python",
        ),
    )
}

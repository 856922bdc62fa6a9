"""Text files as every lesson reads them: UTF-8, without the byte order mark that some begin with.

A mark that was taken for text would be a letter of an alphabet, or three bytes of a vocabulary.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO


def read_text(path: Path) -> str:
    """The text of a UTF-8 file."""
    return path.read_text(encoding="utf-8-sig")


def open_text(path: Path) -> BinaryIO:
    """A UTF-8 file open at its first character."""
    file = path.open("rb")
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    return file

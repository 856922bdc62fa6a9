"""Files as every lesson reads and writes them: texts without their mark, and folders of others'.

A byte order mark that was taken for text would be a letter of an alphabet, or three bytes of a
vocabulary. In a folder that somebody else has made, a pipe would be waited for, a device read
without end, and a link written through.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
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


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a plain file of at most so many bytes. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file", str(path))
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return content


def created(path: Path) -> BinaryIO:
    """A new file in place of one that was left, or of a link that leads elsewhere."""
    path.unlink(missing_ok=True)
    return path.open("xb")

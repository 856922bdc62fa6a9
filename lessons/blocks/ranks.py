"""Where the vocabularies of GPT-2, GPT-4 and GPT-4o are published, as files of ranks.

Standard library only. Leaves out: what is in such a file (`tokens.py`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

PLACE = "https://openaipublic.blob.core.windows.net/encodings"


@dataclass(frozen=True)
class Ranks:
    """A published file of ranks: its name there, sha256 and size in bytes."""

    file: str
    sha256: str
    size: int
    place: str = PLACE

    @property
    def address(self) -> str:
        """Where it is published."""
        return f"{self.place}/{self.file}.tiktoken"

    def shared(self) -> Path:
        """Where tiktoken keeps it, so that either finds what the other has downloaded."""
        temporary = str(Path(tempfile.gettempdir()) / "data-gym-cache")
        folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
        return Path(folder or temporary) / hashlib.sha1(self.address.encode()).hexdigest()


GPT2 = Ranks(
    "r50k_base", "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930", 835_554
)
GPT4 = Ranks(
    "cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7", 1_681_126
)
GPT4O = Ranks(
    "o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d", 3_613_922
)

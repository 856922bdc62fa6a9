"""Where weights come from: a folder on disk, else a repository of the Hugging Face hub.

Leaves out: a download of its own; huggingface_hub resumes one that was cut.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from zhtui.lab import DataError

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
FILES = ["config.json", "*.safetensors", "*.safetensors.index.json"]
FOLDER = "give the path of a folder with config.json and model.safetensors"


def place(name: str) -> Path:
    """The folder of the weights `name`. Raises `DataError` where it is not to be had."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if not REPOSITORY.fullmatch(name):
        raise DataError(f"weights={name} is not a folder here; {FOLDER}.")
    if os.environ.get("ZHTUI_OFFLINE", "0") not in ("", "0"):
        raise DataError(f"weights={name} is not a folder here, and ZHTUI_OFFLINE is set; {FOLDER}.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        told = f"weights={name} is not a folder here, and huggingface_hub is not installed"
        raise DataError(f"{told}; {FOLDER}.") from error
    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except (OSError, ValueError) as error:
        why = str(error).strip().splitlines()[:1]
        told = f"weights={name} cannot be downloaded ({''.join(why)})"
        raise DataError(f"{told}; try again, or {FOLDER}.") from error

"""Weights in and out, as Hugging Face keeps them: a folder with config.json and model.safetensors,
or several files and an index.

    loaded = read(Path("gpt2"))         # loaded.model, loaded.sha256 of each file
    write(loaded.model, loaded.config, Path("mine"))

A safetensors file is a length, a JSON header and numbers: nothing in it is ever run. Whatever a
folder says is checked against the headers before memory is taken. Weights are float32 here.

Leaves out: weights in four or eight bits, and downloads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lessons.gpt2.kinds import Name, kind_of
from zhtui.lab import LabError

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
LARGEST = 64 << 20  # bytes of a JSON file
FLOATS = {"F64", "F32", "F16", "BF16"}


@dataclass(frozen=True)
class Loaded:
    """A model, what its config.json says, and the sha256 of each file of weights."""

    model: nn.Module
    config: Mapping[str, Any]
    sha256: Mapping[str, str]


def read(folder: Path) -> Loaded:
    """The model of a folder in float32. Raises `LabError` that says what is wrong with it."""
    config = read_json(folder / "config.json")
    kind = kind_of(config)
    with torch.device("meta"):
        empty = kind.build(config)
    where = files_of(folder)
    headers = {path: header(path) for path in dict.fromkeys(where.values())}
    if not where:  # one file: what it holds is in its header
        headers = {folder / SINGLE: header(folder / SINGLE)}
        where = dict.fromkeys(headers[folder / SINGLE], folder / SINGLE)
    places = {name: find(name, kind.prefix, where) for name in kind.names(empty)}
    for name, place in places.items():
        check(name, place, empty, headers[where[place]])
    model = kind.build(config)
    fill(model, places, where)
    return Loaded(model, config, {path.name: digest(path) for path in headers})


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a folder. Raises `LabError`."""
    try:
        if path.stat().st_size > LARGEST:
            raise LabError(f"{path.name} has more than {LARGEST:,} bytes; give the model's own.")
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        told = f"{path.parent} has no {path.name}; give a folder with config.json and {SINGLE}."
        raise LabError(told) from error
    except (OSError, ValueError, RecursionError) as error:
        raise LabError(f"{path.name} cannot be read ({error}); fetch it again.") from error
    if not isinstance(found, dict):
        raise LabError(f"{path.name} holds no JSON object; fetch it again.")
    return found


def files_of(folder: Path) -> dict[str, Path]:
    """Which file holds which weight, by the index; {} where there is one file. Raises LabError."""
    if (folder / SINGLE).is_file():
        return {}
    if not (folder / INDEX).is_file():
        raise LabError(
            f"{folder} has neither {SINGLE} nor {INDEX}; give a folder with its weights."
        )
    listed = read_json(folder / INDEX).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise LabError(f"{INDEX} has no weight_map; fetch it again.")
    for file in listed.values():
        if not isinstance(file, str) or Path(file).name != file or "\\" in file:
            raise LabError(f"{INDEX} names the file {file!r}, not one beside it; fetch it again.")
    return {name: folder / file for name, file in listed.items()}


def header(path: Path) -> dict[str, tuple[list[int], str]]:
    """The shape and the type of each tensor of a file. Raises `LabError`."""
    try:
        with safe_open(path, framework="pt") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return {name: (part.get_shape(), part.get_dtype()) for name, part in parts.items()}
    except FileNotFoundError as error:
        raise LabError(f"{path.name} is not in {path.parent}; fetch it, too.") from error
    except (SafetensorError, OSError) as error:
        told = f"{path.name} is not a whole safetensors file ({error}); fetch it again."
        raise LabError(told) from error


def find(name: Name, prefix: str, where: Mapping[str, Path]) -> str:
    """What a weight is called in these files: with its prefix, or without. Raises `LabError`."""
    for theirs in (name.theirs, name.theirs.removeprefix(prefix)):
        if theirs in where:
            return theirs
    raise LabError(
        f"the files hold no {name.theirs}, which config.json asks for; fetch them again."
    )


def check(name: Name, place: str, model: nn.Module, tensors: Mapping[str, Any]) -> None:
    """Raises `LabError` where a file has no such tensor, or one of another shape."""
    if place not in tensors:
        raise LabError(
            f"{INDEX} says where {place} is, but it is not there; fetch the files again."
        )
    shape, kind = tensors[place]
    wanted = list(model.get_parameter(name.own).shape)
    wanted = wanted[::-1] if name.turned else wanted
    if shape != wanted:
        told = f"{place} has the shape {shape}, config.json makes it {wanted}"
        raise LabError(f"{told}; give files of one model.")
    if kind not in FLOATS:
        raise LabError(f"{place} is of type {kind}; give weights in float32, float16 or bfloat16.")


@torch.no_grad()
def fill(model: nn.Module, places: Mapping[Name, str], where: Mapping[str, Path]) -> None:
    """Reads each tensor into its place; what lies (in, out) there is (out, in) here."""
    for path in dict.fromkeys(where[place] for place in places.values()):
        with safe_open(path, framework="pt") as file:
            for name, place in places.items():
                if where[place] == path:
                    theirs: Tensor = file.get_tensor(place)
                    model.get_parameter(name.own).copy_(theirs.T if name.turned else theirs)


def digest(path: Path) -> str:
    """The sha256 of a file, which says that it is the published one."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(
    model: nn.Module, config: Mapping[str, Any], folder: Path, *,
    dtype: torch.dtype = torch.float32, shard: int = 5_000_000_000,
) -> dict[str, str]:  # fmt: skip
    """The folder that `read`, and transformers, read; the sha256 of each file.

    More than `shard` bytes make several files and an index. What says where the weights of an
    earlier write are goes. Raises `LabError`.
    """
    names = kind_of(config).names(model)
    tensors = {name.theirs: leaving(model.get_parameter(name.own), name, dtype) for name in names}
    files = shards(tensors, shard)
    stale = folder / (SINGLE if len(files) > 1 else INDEX)
    if stale.is_symlink() or (stale.exists() and not stale.is_file()):
        raise LabError(f"{stale} is no plain file, so it stays; choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, part in files.items():
            save_file(part, folder / file, metadata={"format": "pt"})
        if len(files) > 1:
            total = sum(tensor.nbytes for tensor in tensors.values())
            placed = {name: file for file, part in files.items() for name in part}
            index = {"metadata": {"total_size": total}, "weight_map": placed}
            (folder / INDEX).write_text(json.dumps(index, indent=2), encoding="utf-8")
        (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
        stale.unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        raise LabError(f"{folder} cannot be written ({error}); choose another folder.") from error
    return {file: digest(folder / file) for file in files}


def leaving(weight: Tensor, name: Name, dtype: torch.dtype) -> Tensor:
    """A weight as it lies in their files."""
    own = weight.detach().to("cpu", dtype)
    return (own.T if name.turned else own).contiguous()


def shards(tensors: Mapping[str, Tensor], most: int) -> dict[str, dict[str, Tensor]]:
    """Which tensors go into which file, none above `most` bytes unless it is one tensor."""
    parts: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, tensor in tensors.items():
        if parts[-1] and filled + tensor.nbytes > most:
            parts.append({})
            filled = 0
        parts[-1][name] = tensor
        filled += tensor.nbytes
    if len(parts) == 1:
        return {SINGLE: parts[0]}
    n = len(parts)
    return {f"model-{i:05}-of-{n:05}.safetensors": part for i, part in enumerate(parts, 1)}

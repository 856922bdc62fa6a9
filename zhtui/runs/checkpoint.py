"""Checkpoints: safetensors beside JSON, written aside, then renamed. Nothing is pickled.

A part's state is split in two: its tensors go to `<part>.safetensors`, everything else (and where
each tensor stood) to `state.json`, which also holds the sha256 of every tensor file. A folder
that exists is complete; one that was damaged afterwards is found out by its hash and named. So
nothing waits for the disk (fsync): what a power cut takes is one checkpoint, and the one before
it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zhtui.errors import CheckpointError, LabError
from zhtui.runs import border
from zhtui.runs.files import is_file, is_folder, read_plain

FORMAT = 1
STATE = "state.json"
LARGEST = 256 << 20  # bytes of the state beside the tensors
PART = re.compile(r"[a-z][a-z0-9_]{0,31}")


MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Unfit(CheckpointError):
    """A sound checkpoint whose state this lesson cannot take."""


class Broken(LabError):
    """Weights that are no finite numbers any more: nothing can be learned from there."""


def save(run: Path, step: int, parts: Mapping[str, Any], facts: Mapping[str, Any]) -> Path:
    """Writes `step-<step>/` with the state of each part.

    Raises `CheckpointError` (disk full …), and `Broken` where a module's weights are no numbers.
    `facts` are JSON values that stand beside the parts (elapsed seconds, the best figure).
    """
    final = run / f"step-{step:06d}"
    aside = run / f".{final.name}.{secrets.token_hex(8)}"
    try:
        aside.mkdir()
        state = {name: _write_part(aside, name, part) for name, part in parts.items()}
        whole = {"format": FORMAT, "step": step, "facts": dict(facts), "parts": state}
        (aside / STATE).write_text(json.dumps(whole), encoding="utf-8")
        _move(aside, final)
    except Broken:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        why = error.strerror or error
        raise CheckpointError(
            f"the checkpoint of step {step} could not be written ({why}); "
            f"make room in {run} and resume, the last good one stays"
        ) from error
    return final


def read(folder: Path) -> dict[str, Any]:
    """A checkpoint's `state.json`, its files checked. Raises `CheckpointError` naming what is
    wrong.
    """
    try:
        whole = border.state(read_plain(folder / STATE, LARGEST) or b"", FORMAT)
    except border.Misfit as error:
        raise _damaged(folder, f"{STATE} cannot be read, {error}") from error
    if whole["format"] > FORMAT:
        raise CheckpointError(
            f"{folder.name} was written by a newer zhtui; update zhtui to read it"
        )
    for name, part in whole["parts"].items():
        _check_part(folder, name, part)
    return whole


def _check_part(folder: Path, name: str, part: Mapping[str, Any]) -> None:
    """Raises `CheckpointError` where a part's file is not the one that was written, or its state
    asks for a tensor that is not in it.
    """
    path, names = folder / f"{name}.safetensors", []
    if part["sha256"]:
        if not is_file(path):
            raise _damaged(folder, f"{path.name} is missing")
        if _sha256(path) != part["sha256"]:
            raise _damaged(folder, f"{path.name} has changed or is cut short")
        names = _names(folder, path)
    try:
        _unpacked(part["state"], {each: each for each in names})
    except MALFORMED as error:
        why = f"the state of {name} is not made as it was written"
        raise _damaged(folder, why) from error


def _names(folder: Path, path: Path) -> list[str]:
    """The tensors in a file."""
    import safetensors

    try:
        with safetensors.safe_open(path, framework="np") as file:
            return list(file.keys())
    except (OSError, safetensors.SafetensorError) as error:
        raise _damaged(folder, f"{path.name} holds no tensors") from error


def restore(folder: Path, state: Mapping[str, Any], name: str, part: Any) -> None:
    """Gives a part the state that it had. Raises `Unfit` where it is not of this part."""
    if name not in state["parts"]:
        raise Unfit(
            f"{folder.name} holds no {name}; it was written by another version of the lesson: "
            "start a new run"
        )
    saved = state["parts"][name]
    try:
        tensors = _load(folder / f"{name}.safetensors", saved["kind"]) if saved["sha256"] else {}
        value = _unpacked(saved["state"], tensors)
        if hasattr(part, "load_state_dict"):
            part.load_state_dict(value)
        else:
            part.set_state(value["generator"])
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0][:300]
        raise Unfit(
            f"{name} of {folder.name} does not fit this lesson any more ({first}); start a new run"
        ) from error


def broken(part: Any) -> str:
    """The first weight of a torch module that is learned and is not finite; "" where there is none.

    Its least and its greatest number tell, so nothing is copied: 0.25 s for 124 million weights on
    one core, where writing them takes 6 s.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(part, torch.nn.Module):
        return ""
    for name, weight in part.named_parameters():
        learned = weight.requires_grad and weight.is_floating_point() and weight.numel()
        if learned and not torch.stack(weight.detach().aminmax()).isfinite().all():
            return str(name)
    return ""


def _write_part(folder: Path, name: str, part: Any) -> dict[str, Any]:
    assert PART.fullmatch(name), f"a part's name is a-z, 0-9 and _, not {name!r}"
    state = part.state_dict() if hasattr(part, "state_dict") else {"generator": part.get_state()}
    if weight := broken(part):  # after its state was asked for, which may bring its weights here
        raise Broken(f"{weight} of {name} is no finite number any more")
    tensors: dict[str, Any] = {}
    skeleton = _packed(state, "", tensors, {})
    kind = "torch" if any(_is_torch(tensor) for tensor in tensors.values()) else "numpy"
    sha256 = ""
    if tensors:
        raw = _bytes(tensors, kind)
        (folder / f"{name}.safetensors").write_bytes(raw)
        sha256 = hashlib.sha256(raw).hexdigest()
    return {"kind": kind, "sha256": sha256, "state": skeleton}


def _packed(value: Any, path: str, tensors: dict[str, Any], seen: dict[Any, str]) -> Any:
    """JSON with a mark where a tensor stood; tensors that share memory are written once."""
    if _is_torch(value) or isinstance(value, np.ndarray):
        if _is_torch(value):
            same = (value.data_ptr(), value.shape, value.stride(), value.dtype)
            if value.numel() and same in seen:
                return {"$tensor": seen[same]}
            seen[same] = path
            value = value.detach()
        tensors[path] = value
        return {"$tensor": path}
    if isinstance(value, Mapping):
        items = [
            (key, _packed(item, _join(path, key), tensors, seen)) for key, item in value.items()
        ]
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return dict(items)
        return {"$items": [list(item) for item in items]}
    if isinstance(value, (list, tuple)):
        listed = [_packed(item, _join(path, i), tensors, seen) for i, item in enumerate(value)]
        return {"$tuple": listed} if isinstance(value, tuple) else listed
    assert value is None or isinstance(value, (bool, int, float, str)), f"{path}: {type(value)}"
    return value


def _unpacked(value: Any, tensors: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "$tensor" in value:
        return tensors[value["$tensor"]]
    if "$items" in value:
        return {key: _unpacked(item, tensors) for key, item in value["$items"]}
    if "$tuple" in value:
        return tuple(_unpacked(item, tensors) for item in value["$tuple"])
    return {key: _unpacked(item, tensors) for key, item in value.items()}


def _bytes(tensors: Mapping[str, Any], kind: str) -> bytes:
    if kind == "numpy":
        import safetensors.numpy

        return safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in tensors.items()})
    import safetensors.torch
    import torch

    whole = {k: torch.as_tensor(v).cpu().contiguous() for k, v in tensors.items()}
    return safetensors.torch.save(whole)


def _load(path: Path, kind: str) -> dict[str, Any]:
    if kind == "numpy":
        import safetensors.numpy

        return dict(safetensors.numpy.load_file(path))
    import safetensors.torch

    return dict(safetensors.torch.load_file(path))


def _is_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _move(aside: Path, final: Path) -> None:
    """A resumed run meets its own older checkpoint of the same step: that one makes way."""
    if os.path.lexists(final):
        old = aside.with_suffix(".old")
        final.rename(old)
        aside.rename(final)
        if is_folder(old):
            shutil.rmtree(old)
        else:
            old.unlink()
    else:
        aside.rename(final)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"{folder.name} is damaged ({why}); an older one is used where there is one"
    )

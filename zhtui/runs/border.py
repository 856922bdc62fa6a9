"""The border: whatever is read from a run folder comes through here, and has a type and bounds.

A folder may come from a stranger, a full disk or another zhtui. So what is read is decoded into
declared structures: no number has 400 digits, no step is NaN, no text stands where a number should.
What does not fit is a `Misfit`, one sentence; the reader decides what it costs: a line of a file is
passed over, a run without a sound card is one row less, a checkpoint gives way to an older one.

NaN and the infinities, which JSON lacks, are written as null; null is NaN again where it is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict, TypeVar

import msgspec
from msgspec import Meta

from zhtui.wording import json_text

T = TypeVar("T")
MOST_METRICS = 1000  # in one row
LINE = 10_000  # characters
LAST_STEP = 10**12  # its folder's name has no more digits

Step = Annotated[int, Meta(ge=0, le=LAST_STEP)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Number = Whole | float
Name = Annotated[str, Meta(max_length=256)]
Line = Annotated[str, Meta(max_length=LINE)]
Value = Annotated[str, Meta(max_length=100_000)]
Scalar = bool | Whole | float | Value | None  # a knob's value
PLACE = r"^(last|best|first|mean [1-9][0-9]{0,6})$"  # of the row that a figure is of
At = Annotated[str, Meta(pattern=PLACE)]
Sha256 = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
PartName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Misfit(ValueError):
    """What was read is not what it should be, in a few words."""


class Parent(TypedDict):
    """The run that a fork began from."""

    run: Name
    lesson: NotRequired[Name]
    step: NotRequired[Step]
    changed: NotRequired[dict[Name, Value]]  # knobs that are others from that step on


class Card(TypedDict):
    """run.json."""

    format: Count
    lesson: Name
    preset: Name
    seed: Whole
    config: dict[Name, Scalar]
    device: NotRequired[Name]
    threads: NotRequired[Annotated[int, Meta(ge=0, le=1024)] | None]
    data: NotRequired[dict[Line, Scalar | dict[Line, Scalar]] | None]
    versions: NotRequired[dict[Name, Line]]
    command: NotRequired[list[Line]]
    parent: NotRequired[Parent | None]
    created: NotRequired[Name]


class Status(TypedDict, total=False):
    """status.json; a field that does not fit counts as absent."""

    state: Name
    step: Count
    steps: Count
    rate: float
    unit: Name
    units: Count
    left: float
    row: dict[Name, Number | None]
    best: Number
    device: Name
    pid: Count
    host: Name
    time: float
    promise: float
    mfu: float
    error: Line


class Event(TypedDict, total=False):
    """A line of events.jsonl: what happened, and what belongs to it."""

    event: Required[Name]
    time: float
    step: Step
    id: Name | None
    name: Line
    kind: Name
    text: str
    error: str
    action: Line
    knob: Name
    value: Scalar
    of: Line
    here: bool
    best: bool
    threads: Count
    machine: Line
    run: Name
    lesson: Name
    sha256: Name


class Guess(TypedDict):
    """guess.json."""

    question: Line
    metric: Name
    at: At | Step
    value: Number
    answer: NotRequired[Line]


class Did(TypedDict):
    """A line of learner.jsonl."""

    kind: Name
    lesson: Name
    name: NotRequired[Line]
    scene: NotRequired[Line]
    right: NotRequired[bool]
    value: NotRequired[Number | None]
    truth: NotRequired[Number | None]
    answer: NotRequired[Line]
    run: NotRequired[Line]


class Facts(TypedDict, total=False):
    """What a checkpoint says beside its parts."""

    elapsed: float
    keys: list[Name]
    best: Number | None
    best_step: Annotated[int, Meta(ge=-1, le=LAST_STEP)]


class Part(TypedDict):
    """A kept part of a run: everything but its tensors."""

    kind: Literal["torch", "numpy"]
    sha256: Sha256
    state: Any


class State(TypedDict):
    """A checkpoint's state.json."""

    format: Count
    step: Step
    facts: Facts
    parts: dict[PartName, Part]


# What an event of a kind has at least.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "knob": ("step", "knob", "value"),
    "shown": ("step", "name", "kind"),
    "sample": ("step", "text"),
    "said": ("text",),
    "data": ("text",),
    "damaged": ("text",),
    "resumed": ("step",),
    "refused": ("error",),
    "forked": ("step", "run"),
}

_object = msgspec.json.Decoder(dict[str, Any])
_row = msgspec.json.Decoder(dict[str, Number | None])
_event = msgspec.json.Decoder(Event)
_request = msgspec.json.Decoder(dict[Name, Scalar])
_guess = msgspec.json.Decoder(Guess)
_did = msgspec.json.Decoder(Did)
_status = msgspec.json.Decoder(Status)


def card(content: bytes, newest: int) -> dict[str, Any]:
    """run.json, with what a later zhtui added to it. Raises `Misfit`.

    One of a format above `newest` is given as far as its format, as nobody knows its types here.
    """
    raw = _untyped(content)
    if isinstance(raw.get("format"), int) and raw["format"] > newest:
        return {"format": raw["format"]}
    more = {key: raw[key] for key in raw if isinstance(raw[key], str | int | float | None)}
    return more | dict(_convert(raw, Card))


def status(content: bytes) -> dict[str, Any]:
    """The fields of status.json that fit; none where it is no object."""
    try:
        known: dict[str, Any] = dict(_status.decode(content))
    except (ValueError, RecursionError):
        known = _status_by_field(content)
    if "row" in known:
        known["row"] = with_nan(known["row"])
    return known


def _status_by_field(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        raw = _untyped(content)
    except Misfit:
        return {}
    for key in Status.__optional_keys__ & raw.keys():
        try:
            found |= _convert({key: raw[key]}, Status)
        except Misfit:
            continue
    return found


def row(line: bytes) -> dict[str, Any] | None:
    """A line of metrics.jsonl: its step and its numbers. What else stands there is left out."""
    try:
        values: dict[str, Any] = _row.decode(line)
    except (ValueError, RecursionError):
        values = _numbers(line)
    step = values.get("step")
    if type(step) is not int or not 0 <= step <= LAST_STEP or len(values) > MOST_METRICS:
        return None
    return with_nan(values) if None in values.values() else values


def _numbers(line: bytes) -> dict[str, Any]:
    """The numbers of a line that has other things too."""
    try:
        raw = _untyped(line)
    except Misfit:
        return {}
    return {key: _number(value) for key, value in raw.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    whole = isinstance(value, int) and -(2**63) <= value < 2**63
    return whole or value is None or isinstance(value, float)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def with_nan(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers as they were recorded: null is NaN again."""
    return {key: math.nan if value is None else value for key, value in values.items()}


def event(line: bytes) -> dict[str, Any] | None:
    """A line of events.jsonl; None where it is none, or a field of it is missing or of another
    type.
    """
    found = _line(_event, line)
    if found is None or not all(key in found for key in NEEDED.get(found["event"], ())):
        return None
    return found


def request(line: bytes) -> dict[str, Any] | None:
    """A line of control.jsonl: an action, and plain values beside it."""
    return _line(_request, line)


def did(line: bytes) -> dict[str, Any] | None:
    """A line of learner.jsonl."""
    return _line(_did, line)


def guess(content: bytes) -> dict[str, Any] | None:
    """guess.json; None where it is none."""
    return _line(_guess, content)


def measured(content: bytes) -> dict[str, float]:
    """What was measured of this machine; what is no number there is left out."""
    return {name: value for name, value in _numbers(content).items() if value is not None}


def state(content: bytes, newest: int) -> dict[str, Any]:
    """A checkpoint's state.json; of a format above `newest` its format alone. Raises `Misfit`."""
    raw = anything(content)
    version = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > newest:
        return {"format": version}
    return _convert(raw, State)


def anything(content: bytes) -> Any:
    """JSON whose types its reader looks at; here NaN is a NaN. Raises `Misfit`."""
    try:
        try:
            return msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Misfit("it is no JSON, or nested too deeply") from error


def _line(decoder: Any, content: bytes) -> dict[str, Any] | None:
    try:
        return dict(_read(decoder, content))
    except Misfit:
        return None


def _untyped(content: bytes) -> dict[str, Any]:
    """Any JSON object; a number that no machine has is null. Raises `Misfit`."""
    try:
        try:
            return _object.decode(content)
        except ValueError:
            return _object.decode(_mended(content))
    except (ValueError, RecursionError) as error:
        raise Misfit(_words(error)) from error


def _read(decoder: msgspec.json.Decoder[T], content: bytes) -> T:
    """Decodes, first as JSON is, then as Python once wrote it. Raises `Misfit`."""
    try:
        try:
            return decoder.decode(content)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return decoder.decode(_mended(content))
    except (ValueError, RecursionError) as error:
        raise Misfit(_words(error)) from error


def _mended(content: bytes) -> bytes:
    """JSON of what Python takes for it: a bare NaN is null, half a character is "?"."""
    text = json_text(json.loads(content), ensure_ascii=False)
    return text.encode("utf-8", errors="replace")


def _convert(value: Any, kind: Any) -> dict[str, Any]:
    try:
        return dict(msgspec.convert(value, kind))
    except (ValueError, RecursionError) as error:
        raise Misfit(_words(error)) from error


def _words(error: Exception) -> str:
    """msgspec's sentence in ours: "step: expected int, got str"."""
    what, _, place = str(error).replace("`", "").partition(" - at $")
    what = what[:1].lower() + what[1:200]
    return f"{place.strip('.')[:100]}: {what}" if place else what

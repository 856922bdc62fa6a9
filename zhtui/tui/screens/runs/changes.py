"""What the runs' screen does to a run: note, name, end, and what it writes for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from zhtui.draw import vector
from zhtui.draw.picture import Picture
from zhtui.errors import ConfigError, StoreError
from zhtui.lesson.card import Lesson
from zhtui.runs import changes, learner
from zhtui.runs.folder import RunFolder
from zhtui.runs.store import NAME
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.runs.overlay import Overlay
from zhtui.tui.screens.shared.dialogs import Ask, EditKnob
from zhtui.tui.session import Session

FORMATS = {"c": "csv", "t": "tensorboard", "j": "json"}


def note(session: Session, run: Seen) -> None:
    """Asks for the note."""

    def taken(text: str | None) -> None:
        if text is not None:
            session.do(partial(learner.write_note, run.folder, text), "noted")

    about = "a line that helps you find the run; an empty one removes the note"
    first = run.note.split("\n")[0]
    title = f"note to {run.folder.lesson}/{run.folder.name}"
    session.app.push_screen(EditKnob(title, about, first, lambda text: None), taken)


def rename(session: Session, run: Seen, marks: dict[Path, int]) -> None:
    """Asks for the name; a marked run keeps its mark."""

    def work(name: str) -> str:
        renamed = changes.rename(session.root, run.folder, name)
        if run.folder.path in marks:
            marks[renamed.path] = marks.pop(run.folder.path)
        return f"{run.folder.name} is now {renamed.name}"

    def taken(name: str | None) -> None:
        if name is not None:
            session.do(partial(work, name))

    about = "a-z, 0-9, dot and dash; forks of this run take over its new name"
    title = f"another name for {run.folder.lesson}/{run.folder.name}"
    session.app.push_screen(EditKnob(title, about, run.folder.name, _check_name), taken)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a run's name; use a-z, 0-9, dot and dash, at most 64 characters"
        )


def delete(session: Session, run: Seen) -> None:
    """Asks, then deletes."""
    name = f"{run.folder.lesson}/{run.folder.name}"

    def taken(answer: str | None) -> None:
        if answer == "d":
            session.do(partial(changes.delete, run.folder), f"{name} deleted")

    question = f"Delete {name} with its checkpoints? It cannot be brought back."
    session.app.push_screen(Ask(question, [("n", "keep it"), ("d", "delete")]), taken)


def export(session: Session, overlay: Overlay, lessons: Sequence[Lesson], picture: Picture) -> None:
    """Asks which format, then writes in the background."""
    folders = [trace.seen.folder for trace in overlay.traces]
    if not folders:
        session.app.notify("no run to export")
        return
    names = ", ".join(folder.name for folder in folders[:3])
    names += f" and {len(folders) - 3} more" if len(folders) > 3 else ""
    answers = [("c", "CSV"), ("t", "TensorBoard"), ("j", "JSON"), ("v", "SVG of the chart")]

    def taken(answer: str | None) -> None:
        if answer in FORMATS:
            session.do(partial(_write, folders, FORMATS[answer]))
        elif answer == "v" and picture.lines:
            metric = overlay.shown(lessons)
            session.do(partial(_draw, f"zhtui-{metric}.svg", _drawing(metric, picture)))

    question = f"Export {names} into {Path.cwd().name}/ as"
    session.app.push_screen(Ask(question, [*answers, ("n", "nothing")]), taken)


def _write(folders: Sequence[RunFolder], to: str) -> str:
    from zhtui.runs import export as exports  # deferred: the command line's own

    written = [exports.write(folder, to, Path()) for folder in folders]
    more = f" and {len(written) - 3} more" if len(written) > 3 else ""
    return "wrote " + ", ".join(map(str, written[:3])) + more


def _draw(name: str, drawing: str) -> str:
    try:
        Path(name).write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{name} cannot be written here ({error.strerror}); start the lab elsewhere"
        ) from error
    return f"wrote {name}"


def _drawing(metric: str, picture: Picture) -> str:
    """The chart as it stands, as SVG."""
    curves = [
        vector.Curve(
            line.name,
            line.series.x.copy(),
            line.series.y.astype("float64"),
            line.series.smooth.astype("float64") if line.noisy else None,
        )
        for line in picture.lines
    ]
    levels = [(level.label, level.value) for level in picture.drawable]
    return vector.draw(
        metric, curves, levels, picture.x_name, log_x=picture.log_x, log_y=picture.log
    )

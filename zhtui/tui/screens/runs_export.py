"""What the runs' screen writes for other programs, into the working directory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from zhtui.errors import StoreError
from zhtui.folder import RunFolder
from zhtui.lesson import Lesson
from zhtui.tui.draw import vector
from zhtui.tui.draw.chart import Picture
from zhtui.tui.overlay import Overlay
from zhtui.tui.screens.dialogs import Ask
from zhtui.tui.session import Session

FORMATS = {"c": "csv", "t": "tensorboard", "j": "json"}


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
    from zhtui import export as exports  # deferred: the command line's own

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
            None if line.dotted else line.series.smooth.astype("float64"),
        )
        for line in picture.lines
    ]
    levels = [(level.label, level.value) for level in picture.drawable]
    return vector.draw(
        metric, curves, levels, picture.x_name, log_x=picture.log_x, log_y=picture.log
    )

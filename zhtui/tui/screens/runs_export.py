"""What the runs' screen writes for other programs, into the working directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zhtui.errors import StoreError
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
    metric = overlay.shown(lessons)
    drawing = _drawing(metric, picture)
    names = ", ".join(folder.name for folder in folders[:3])
    names += f" and {len(folders) - 3} more" if len(folders) > 3 else ""
    answers = [("c", "CSV"), ("t", "TensorBoard"), ("j", "JSON"), ("v", "SVG of the chart")]

    def write(answer: str | None) -> str:
        if answer == "v":
            path = Path(f"zhtui-{metric}.svg")
            try:
                path.write_text(drawing, encoding="utf-8")
            except OSError as error:
                raise StoreError(
                    f"{path} cannot be written here ({error.strerror}); start the lab elsewhere"
                ) from error
            return f"wrote {path}"
        from zhtui import export as exports  # deferred: the command line's own

        written = [exports.write(folder, FORMATS[str(answer)], Path()) for folder in folders]
        return "wrote " + ", ".join(map(str, written[:3]))

    def taken(answer: str | None) -> None:
        if answer in (*FORMATS, "v"):
            session.do(lambda: write(answer))

    question = f"Export {names} into {Path.cwd().name}/ as"
    session.app.push_screen(Ask(question, [*answers, ("n", "nothing")]), taken)


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

"""Look inside: what a run's model does with a text, live or at any checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.containers import Container, Horizontal
from textual.widget import Widget

from zhtui.ask.client import Reply
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, WRONG, YOURS
from zhtui.lesson.views import Heatmap, View, plain
from zhtui.runs.folder import RunFolder
from zhtui.tui.asking.answers import Answered, Listener
from zhtui.tui.asking.asked_run import AskedRun
from zhtui.tui.keys import table as keys
from zhtui.tui.messages import RunGrew
from zhtui.tui.screens.inspect.families import Family, families
from zhtui.tui.screens.inspect.thumbs import Thumbs
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine, written
from zhtui.tui.widgets.lines import Line, Part, Rule, words
from zhtui.tui.widgets.views import ViewWidget, widget_for

HELP = """
The model reads your text, and the lesson shows what happens inside. v or a number turns from one
view to the next. Where there is a heatmap a head, all of them stand at the left, and tab brings
the next one into the large picture; the arrow keys move a cursor over its cells.

While the run trains, the newest checkpoint is looked at again and again; the brackets go back
through the checkpoints that were kept, and l follows the run again. f asks a live run to save one
now. Where a replay stood at a step, the newest checkpoint of then is looked at.
"""
EMPTY = "Type a text and press enter: the model reads it, and you see inside."
FIRST = 48  # characters of the run's own last sample that are read where no text is given


class InspectScreen(LabScreen):
    """A look inside one run."""

    BINDINGS = keys.bindings("inspect")
    CSS_PATH = "screen.tcss"
    AUTO_FOCUS = ""  # the text is typed after its key; where there is none it is asked for
    explained: ClassVar = (HELP, (("Here", "inspect"), ("In a picture", "picture")))

    def __init__(
        self, session: Session, folder: RunFolder, text: str = "", step: int | None = None
    ) -> None:
        super().__init__()
        self.session, self.folder, self.text = session, folder, text
        self.subject = AskedRun(session, folder, self, step, "inspect.live")
        self.listener = Listener(self, session.link, self._look)
        self.reply: Reply | None = None
        self.again = False  # the answer to come is of an older checkpoint or text
        self.views: dict[str, View] = {}
        self.family, self.place = "", (1, 1)
        self.large: ViewWidget | None = None

    def stage(self) -> Iterable[Widget]:
        yield AskLine("text", self.text)
        yield Line(id="names")
        with Horizontal(id="stage"):
            yield Thumbs(id="thumbs")
            yield Container(id="large")
        yield Line(id="message")
        yield Rule()

    def on_mount(self) -> None:
        self.query_one("#thumbs").display = False
        self.subject.follow()
        self.lay_out()
        if self.text:
            self._ask()
        else:
            self.session.engine.ask("open", self.folder, lambda: None, step=self.subject.step)
            self.query_one(AskLine).focus()
        self._show_lines()

    def on_unmount(self) -> None:
        self.subject.leave()
        if self.reply is not None and not self.reply.done:
            self.session.engine.cancel(self.reply)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.reply is not None and not self.reply.done

    # Asking and hearing

    def _ask(self) -> None:
        """Asks for all views of the text; a question under way is asked anew when it is done."""
        if self.busy:
            assert self.reply is not None
            self.session.engine.cancel(self.reply)
            self.again = True
            return
        self.again = False
        fields: dict[str, Any] = {"text": self.text, "step": self.subject.step}
        self.reply = self.session.engine.ask("inspect", self.folder, self.listener.tell, **fields)
        self._show_lines()

    def on_answered(self, message: Answered) -> None:
        self.listener.soon()

    def on_run_grew(self, message: RunGrew) -> None:
        """A newer checkpoint is looked at, unless an older one was chosen."""
        growth = self.subject.take()
        if growth is None:
            return
        if not self.text and growth.loaded:
            self._begin([str(e["text"]) for e in growth.events if isinstance(e.get("text"), str)])
        newer = self.subject.saved(growth) and self.subject.step is None
        if newer and self.text and not self.busy:
            self._ask()
        elif self.reply is not None:
            self.subject.note(self.reply)
        self._show_lines()

    def _begin(self, texts: list[str]) -> None:
        """The run's own last words, until the learner types others."""
        if texts and not self.query_one(AskLine).value:
            self.text = texts[-1].strip()[:FIRST]
            self.query_one(AskLine).offer(self.text)
            self._ask()

    def _look(self) -> None:
        """Takes what was answered."""
        reply = self.reply
        if reply is None or not self.is_mounted:
            return
        self.subject.note(reply)
        if reply.views and not self.again:
            known = dict(reply.views)
            self.views = known if reply.done else {**self.views, **known}
        self._show_view()
        self._show_lines()
        if reply.done and self.again:
            self._ask()

    # What is drawn

    def room(self) -> Mapping[str, bool]:
        width, height = self.app.size
        return {"-narrow": width < 100, "-small": width < 60 or height < 12}

    def lay_out(self) -> None:
        self.call_after_refresh(self._show_view)

    @property
    def families(self) -> list[Family]:
        """What can be looked at."""
        return families(self.views)

    @property
    def shown(self) -> Family | None:
        """What is looked at: the one that was chosen, else the first."""
        known = self.families
        return next(
            (each for each in known if each.name == self.family), known[0] if known else None
        )

    def _show_view(self) -> None:
        shown = self.shown
        thumbs = self.query_one("#thumbs", Thumbs)
        thumbs.display = shown is not None and bool(shown.members)
        if shown is None:
            return
        self.place = shown.kept(self.place) if shown.members else self.place
        if shown.members:
            thumbs.show(shown.members, self.place)
        view = shown.member(self.place)
        if self.large is not None and type(self.large.view) is type(view):
            self.large.show(view)
            return
        typing = isinstance(self.focused, AskLine)
        box = self.query_one("#large", Container)
        box.query("*").remove()
        self.large = widget_for(view, eager=True)
        box.mount(self.large)
        if not typing:
            self.large.focus()

    def _show_lines(self) -> None:
        self._show_top()
        shown, known = self.shown, self.families
        here = known.index(shown) if shown in known else 0
        parts = []
        for index, each in enumerate(known):
            on = each is shown or (shown is not None and each.name == shown.name)
            many = f" ×{len(each.members)}" if each.members else ""
            name = ((f"{index + 1} ", FAINT), (f"{each.name}{many}", CHOSEN if on else PLAIN))
            parts.append(Part(name, 99 if on else 50 - abs(index - here)))
        self.query_one("#names", Line).show(parts)
        self.query_one("#message", Line).show([self._message()])

    @property
    def at(self) -> int | None:
        """The step of the checkpoint that answers; None until it is known."""
        return self.reply.step if self.reply is not None else None

    def _show_top(self) -> None:
        self.top.show(self.subject.parts(self.at))

    def _message(self) -> Part:
        if self.subject.fresh:
            return words(
                "asked the run for a checkpoint; it is shown as soon as it is saved", YOURS
            )
        if self.reply is not None and self.reply.error:
            return words(self.reply.error, WRONG)
        if self.busy and self.reply is not None:
            loading = self.reply.step is None
            return words("the engine loads the model …" if loading else "looks inside …", FAINT)
        if not self.views:
            return words(EMPTY, FAINT)
        view = self.shown.member(self.place) if self.shown else None
        return words(plain(view.note) if isinstance(view, Heatmap) else "", FAINT)

    # Keys

    def action_text(self) -> None:
        """Types a text."""
        self.query_one(AskLine).focus()

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Lets the model read it."""
        self.text = written(event.value)
        self._ask()
        self._leave_text()

    def _leave_text(self) -> None:
        if self.large is not None:
            self.large.focus()
        else:
            self.set_focus(None)

    def action_again(self) -> None:
        """Looks again."""
        self._ask()

    def action_view(self, by: int) -> None:
        """The next view."""
        known = [family.name for family in self.families]
        if known and self.shown is not None:
            self._turn_to(known[(known.index(self.shown.name) + by) % len(known)])

    def action_to(self, number: int) -> None:
        """A view by its number."""
        if number <= len(self.families):
            self._turn_to(self.families[number - 1].name)

    def _turn_to(self, name: str) -> None:
        self.family = name
        self._show_view()
        self._show_lines()

    def action_member(self, by: int) -> None:
        """The next head, in order."""
        if self.shown is not None and self.shown.members:
            self.place = self.shown.beside(self.place, by)
            self._turn_to(self.shown.name)
        elif by:
            self.action_view(by)

    def action_layer(self, by: int) -> None:
        """The same head, a layer further."""
        if self.shown is not None and self.shown.members:
            self.place = self.shown.below(self.place, by)
            self._turn_to(self.shown.name)

    def action_step(self, by: int) -> None:
        """An older or a newer checkpoint."""
        if self.subject.turn(by):
            self._ask()

    def action_live(self) -> None:
        """The newest checkpoint, from now on."""
        self.subject.step = None
        self._ask()

    def action_fresh(self) -> None:
        """Asks a live run for a checkpoint, and looks at it."""
        if not self.subject.live:
            self.notify("the run is not live; its last checkpoint is the newest there is")
            return
        self.subject.ask_checkpoint()
        self._show_lines()

    def action_console(self) -> None:
        """Lets the model write after the text."""
        self.session.doors.console(self.folder, self.text, self.subject.step)

    def action_back(self) -> None:
        """Leaves the text, the cursor, this screen."""
        if isinstance(self.focused, AskLine) and self.large is not None:
            self._leave_text()
        elif self.large is not None and self.large.clear_cursor():
            return
        else:
            self.dismiss(None)

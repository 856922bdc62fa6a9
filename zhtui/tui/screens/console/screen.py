"""The console: a model writes after a prompt, and every token can be asked what else it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.containers import Container
from textual.widget import Widget

from zhtui.draw.inks import FAINT
from zhtui.lesson import knobs
from zhtui.lesson.sampling import Sampling
from zhtui.runs.folder import RunFolder
from zhtui.tui.asking.answers import Answered, Listener
from zhtui.tui.asking.asked_run import AskedRun
from zhtui.tui.keys import table as keys
from zhtui.tui.messages import RunGrew
from zhtui.tui.screens.console import lines
from zhtui.tui.screens.console.branches import Branch, index_at
from zhtui.tui.screens.console.columns import Strands
from zhtui.tui.screens.console.token_widgets import Odds, Strand, branch_row
from zhtui.tui.screens.console.writer import MIDDLE, Writer
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine, written
from zhtui.tui.widgets.lines import Line, Part, Rule, words
from zhtui.tui.widgets.rows import Rows

ONE, TWO, THREE = "one", "two", "three"


class ConsoleScreen(LabScreen):
    """A console on one run, live or ended."""

    BINDINGS = keys.bindings("console")
    explained = (lines.HELP, (("In the console", "console"),))
    CSS_PATH = "screen.tcss"

    def __init__(
        self, session: Session, folder: RunFolder, text: str = "", step: int | None = None
    ) -> None:
        super().__init__()
        self.session, self.folder = session, folder
        self.subject = AskedRun(session, folder, self, step, "console.live")
        self.listener = Listener(self, session.link, self.refresh_all)
        self.writer = Writer(session.engine, folder, self.listener.tell, step)
        self.branches = self.writer.branches
        self.mode, self.mark = ONE, 0
        self.column, self.dial = MIDDLE, 0
        self.chosen: int | None = None
        self.prompt, self.own_text, self.owning = text, "", False
        self.shaded = False

    def stage(self) -> Iterable[Widget]:
        yield AskLine("prompt", self.prompt)
        with Container(id="stage"):
            yield Strands(lines.EMPTY, id="strands")
            with Container(id="aside"):
                yield Odds(id="odds")
                yield Rows(id="branches")
        yield Line(id="message")
        yield Rule()

    def on_mount(self) -> None:
        self.query_one("#branches").can_focus = False
        self.subject.follow()
        self._strand.focus()  # a text is typed after its key
        self.lay_out()

    def on_unmount(self) -> None:
        self.subject.leave()
        self.writer.cancel()

    def on_answered(self, message: Answered) -> None:
        self.listener.soon()

    def on_run_grew(self, message: RunGrew) -> None:
        """A live run goes on, and now and then leaves a newer checkpoint."""
        waited, growth = self.subject.fresh, self.subject.take()
        if growth is None:
            return
        if self.subject.saved(growth) and waited:
            self._came()
        self.subject.note(self.writer.asked)
        self._show_top()

    def _came(self) -> None:
        """The checkpoint that was asked for: it writes, or is opened where there was no other."""
        if self.writer.opening.error and not self.branches.listed:
            self.writer.open(None)
        else:
            self._write()

    # What is drawn

    def room(self) -> Mapping[str, bool]:
        width, height = self.app.size
        room = {"-wide": width >= 100, "-low": height < 22, "-short": height < 32}
        room["-small"] = self.small
        return room | {f"-{mode}": mode == self.mode for mode in (ONE, TWO, THREE)}

    def lay_out(self) -> None:
        self.query_one(Strands).side_by_side((ONE, TWO, THREE).index(self.mode) + 1)
        self.call_after_refresh(self.refresh_all)

    def refresh_all(self) -> None:
        """Draws everything that may have changed; only lines that did are sent."""
        if not self.is_mounted:
            return
        dated = len({branch.step for branch in self.branches.listed}) > 1
        lit = self.column if self.mode == THREE else -1
        self.query_one(Strands).show(self._columns(), lit, dated, self.shaded, self.mode == TWO)
        strand = self._strand
        sampling = strand.branch.sampling if strand.branch else self.writer.settings[self.column]
        self.query_one("#odds", Odds).show(strand.token, sampling, self.chosen)
        marked = self.mark if self.mode != TWO else 0
        rows = [branch_row(branch, branch.number == marked) for branch in self.branches.listed]
        self.query_one("#branches", Rows).show(rows, str(self.branches.current))
        lines.follow(self.query_one(AskLine), self.branches.hand)
        self.subject.note(self.writer.asked)
        self._show_top()
        self._show_message()

    @property
    def strands(self) -> list[Strand]:
        """The texts."""
        return self.query_one(Strands).each

    def _columns(self) -> list[Branch | None]:
        hand = self.branches.hand
        if self.mode == TWO:
            return [self.branches.branch(self.mark), hand]
        if self.mode == THREE:
            return [self.branches.branch(number) for number in self.writer.trio]
        return [hand]

    @property
    def _strand(self) -> Strand:
        """The text whose tokens the keys move over."""
        place = {ONE: 0, TWO: 1, THREE: self.column}[self.mode]
        return self.strands[place]

    def _show_top(self) -> None:
        self.top.show([*self.subject.parts(self.writer.asked.step), *self._dials()])

    def _dials(self) -> list[Part]:
        return lines.dials(self.writer.dials, self.writer.settings[self.column], self.dial)

    def _show_message(self) -> None:
        which = self.subject.which(self.writer.asked.step)
        said = lines.message(self.writer, self.subject.fresh, which)
        idle = words(self.writer.dials[self.dial].text, FAINT)
        self.query_one("#message", Line).show([said or idle])

    # Prompts

    def action_prompt(self) -> None:
        """Types a prompt."""
        self._type(False, self.prompt)

    def action_own(self) -> None:
        """Types a text of one's own."""
        self._type(True, self.own_text)

    def _type(self, owning: bool, text: str) -> None:
        self.owning = owning
        self.query_one(AskLine).ask("your text" if owning else "prompt", text)

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Lets the model write after the prompt, or read the learner's own text."""
        text = written(event.value)
        if not self.owning:
            self.prompt = text
            self._write()
        elif text:
            self.own_text, self.shaded = text, True
            self._to_mode(ONE)
            self.writer.read(text)
            self._anew()
        self._strand.focus()

    def _write(self) -> None:
        if self.mode == THREE:
            self.writer.write_three(self.prompt)
            self._to_column(self.column)
        else:
            self._to_mode(ONE)
            self.writer.write(self.prompt)
        self._anew()

    def _anew(self) -> None:
        self.chosen = None
        self.refresh_all()

    def action_write(self) -> None:
        """Writes after the prompt; stops what is being written."""
        if self.writer.writing:
            self.writer.cancel()
        else:
            self._write()

    def action_throw(self) -> None:
        """The next seed, and writes."""
        self.writer.throw()
        self._write()

    def action_fresh(self) -> None:
        """Asks a live run for a checkpoint, and writes with it."""
        if not self.subject.live:
            self.notify("the run is not live; its last checkpoint is the newest there is")
            return
        self.subject.ask_checkpoint()
        self.writer.step = None
        self._show_message()

    def action_step(self, by: int) -> None:
        """An older or a newer checkpoint, to write with from now on."""
        if self.subject.turn(by):
            self.writer.open(self.subject.step)
            self.refresh_all()

    def action_newest(self) -> None:
        """The newest checkpoint."""
        self.subject.step = None
        self.writer.open(None)
        self.refresh_all()

    # Tokens and branches

    def action_token(self, by: int) -> None:
        """Moves over tokens."""
        self.chosen = None
        self._strand.move(by)
        self.refresh_all()

    def action_line(self, by: int) -> None:
        """Moves over lines."""
        self.chosen = None
        self._strand.move_line(by)
        self.refresh_all()

    def action_other(self, by: int) -> None:
        """Another alternative of the token."""
        strand, token = self._strand, self._strand.token
        if token is None or not token.alternatives:
            return
        strand.move(0)
        texts = [text for text, _ in token.alternatives]
        here = self.chosen
        if here is None:
            here = texts.index(token.text) if token.text in texts else -1
        self.chosen = min(max(here + by, 0), len(texts) - 1)
        self.refresh_all()

    def action_take(self) -> None:
        """Takes the alternative: a branch."""
        strand, token = self._strand, self._strand.token
        if strand.branch is None or token is None or self.chosen is None:
            self.notify("move to a token, choose an alternative with ↑ ↓, then press enter")
            return
        text = token.alternatives[self.chosen][0]
        if text == token.text:
            self.notify("this token already stands there; choose another one")
            return
        branch = self.writer.take(strand.branch, strand.at, self.chosen)
        self._to_mode(ONE)
        self._anew()
        self._strand.cursor = len(branch.kept)
        self.refresh_all()

    def action_branch(self, by: int) -> None:
        """The next branch."""
        self.branches.turn(by)
        self._looked_elsewhere()

    def action_number(self, number: int) -> None:
        """A branch by its number."""
        if self.branches.branch(number) is not None:
            self.branches.current = number
            self._looked_elsewhere()

    def _looked_elsewhere(self) -> None:
        self.chosen, hand = None, self.branches.hand
        if hand is not None and not hand.own:
            self.prompt = hand.prompt  # which stands there to be written after
        if self.mode == THREE:
            self._to_mode(ONE)
        self.refresh_all()

    # Side by side

    def action_mark(self) -> None:
        """Marks the branch in hand, to compare others with it."""
        self.mark = self.branches.current
        self.refresh_all()

    def action_two(self) -> None:
        """The marked branch (else the one that this one left, or the one before) and this one."""
        if self.mode == TWO:
            self._to_mode(ONE)
            return
        hand = self.branches.hand
        others = [branch.number for branch in self.branches.listed if branch is not hand]
        if hand is None or not others:
            self.notify("there is only one text; take an alternative, or write again")
            return
        if self.mark not in others:
            self.mark = hand.parent if hand.parent in others else others[-1]
        self._to_mode(TWO)
        self.refresh_all()
        for strand in self.strands[:2]:  # both where their ways part
            if strand.branch is not None and strand.branch.tokens:
                strand.cursor = index_at(strand.branch, strand.same)
        self.refresh_all()

    def action_three(self) -> None:
        """Three streams with the same dice; again for one."""
        self._to_mode(ONE if self.mode == THREE else THREE)
        if self.mode == THREE:
            self._write()

    def _to_mode(self, mode: str) -> None:
        if mode != self.mode:
            self.mode, self.column, self.chosen = mode, MIDDLE, None
            self.fit()
            self.lay_out()

    def _to_column(self, column: int) -> None:
        self.column = column % 3
        self.branches.current = self.writer.trio[self.column] or self.branches.current
        self.chosen = None
        self.refresh_all()

    # Settings

    def action_dial(self, by: int) -> None:
        """The next setting; behind the last one the next of three streams."""
        place = self.dial + by
        if self.mode == THREE and not 0 <= place < len(self.writer.dials):
            self._to_column(self.column + by)
        self.dial = place % len(self.writer.dials)
        self.refresh_all()

    def action_turn(self, by: int) -> None:
        """Turns the setting."""
        self._set(self.writer.dials[self.dial].turn(self.writer.settings[self.column], by))

    def action_edit(self) -> None:
        """Types the setting."""
        dial, sampling = self.writer.dials[self.dial], self.writer.settings[self.column]

        def taken(text: str | None) -> None:
            if text is not None:
                self._set(dial.parse(sampling, text))

        def check(text: str) -> None:
            dial.parse(sampling, text)

        title = f"{dial.word}: {dial.text}"
        self.app.push_screen(EditKnob(title, "", knobs.text(dial.value(sampling)), check), taken)

    def _set(self, sampling: Sampling) -> None:
        self.writer.set(self.column, sampling)
        self.refresh_all()

    def action_shade(self) -> None:
        """Shades every token by its surprise."""
        self.shaded = not self.shaded
        self.refresh_all()

    def action_copy(self) -> None:
        """Copies the text through the terminal (OSC 52)."""
        if self.branches.hand is not None:
            self.app.copy_to_clipboard(self.branches.hand.text)
            self.notify("copied")

    def action_explore(self) -> None:
        """Explores what the model does with this text."""
        text = self.branches.hand.text if self.branches.hand else self.prompt
        entry = self.session.entry(self.folder.lesson)
        if entry is None or not entry.scenes():
            self.notify(f"{self.folder.lesson} has nothing to explore")
        else:
            self.session.doors.explore(entry, self.folder, self.subject.step, text=text)

    def action_back(self) -> None:
        """Leaves the prompt, the comparison, the cursor, the console."""
        if isinstance(self.focused, AskLine):
            self.set_focus(self._strand)
            self._anew()
        elif self.mode != ONE:
            self._to_mode(ONE)
        elif self._strand.cursor is not None:
            self._strand.cursor = None
            self._anew()
        else:
            self.dismiss(None)

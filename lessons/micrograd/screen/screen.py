"""The stepper: an expression's graph, forward and backward one move at a time. Opened by `x`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input, Static

from lessons.micrograd.screen import check, outline
from lessons.micrograd.screen import words as sheets
from lessons.micrograd.screen.examples import EXAMPLES
from lessons.micrograd.screen.expression import read, typed
from lessons.micrograd.screen.panes import HELP, PLACE, GraphSheet, Sheet
from lessons.micrograd.screen.quiz import Quiz, hide
from lessons.micrograd.screen.stepper import Stepper, bracketed, shown
from lessons.micrograd.screen.tape import ExpressionError, Program
from zhtui.draw.inks import CHOSEN, FAINT, LIT, PUBLISHED, TITLE
from zhtui.lab import LabError
from zhtui.tui.keys import table as keys
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.lab_screen import StyledOnce, mark
from zhtui.tui.screens.shared.layout import ONE, SMALL, TWO, layout
from zhtui.tui.session import Opened
from zhtui.tui.widgets.lines import KeyLine, Line, Part, Rule, words

LABEL = 12  # cells before the field
VIEWS = ("tree", "graph", "leaves")
Ask = Callable[[Program], Awaitable[dict[str, float] | None]]


class StepperScreen(StyledOnce, Screen[None]):
    """An expression, and the place in its moves."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(PLACE)
    AUTO_FOCUS = ""
    explained = (HELP, (("In the stepper", PLACE),))
    DEFAULT_CSS = """
    StepperScreen { layout: vertical; }
    StepperScreen .row { height: 1; padding: 0 1; }
    StepperScreen .row Static { width: auto; color: $foreground 60%; }
    StepperScreen .row Input { width: 1fr; }
    StepperScreen #verdict { height: 1; padding: 0 1; overflow: hidden hidden; }
    StepperScreen #card { height: 3; padding: 0 1; overflow: hidden hidden; }
    StepperScreen #stage { height: 1fr; layout: grid; grid-size: 1 1; padding: 0 1; }
    StepperScreen.-two #stage { grid-size: 2 2; grid-rows: 5fr 3fr; grid-columns: 3fr 2fr; }
    StepperScreen.-two #graph { column-span: 2; }
    StepperScreen.-two #tree { border-top: solid $border; border-title-color: $foreground; }
    StepperScreen.-two #leaves { border-top: solid $border; border-title-color: $foreground; }
    StepperScreen #too-small { display: none; height: 1fr; content-align: center middle; }
    StepperScreen.-small > * { display: none; }
    StepperScreen.-small > #too-small { display: block; }
    """

    def __init__(self, ask: Ask = check.ask) -> None:
        super().__init__()
        self.ask = ask
        self.example = 0
        self.stepper = Stepper(read(EXAMPLES[0].text))
        self.chosen = 0  # among the leaves
        self.view = VIEWS[0]
        self.quiz: Quiz | None = None
        self.quizzes = 0
        self.checked = False
        self.torch: dict[str, float] | None = None
        self.waiting = ""

    def compose(self) -> ComposeResult:
        self._room()  # before there are widgets to be styled
        yield Line(id="top")
        yield Rule()
        with Horizontal(classes="row"):
            yield Static(f"{'expression':{LABEL}}")
            yield Input(EXAMPLES[0].text, compact=True, id="field", max_length=20_000)
        yield Sheet(id="verdict")
        with Container(id="stage"):
            yield GraphSheet(id="graph")
            yield Sheet(id="tree")
            yield Sheet(id="leaves")
        yield Rule()
        with Horizontal(classes="row", id="asking"):
            yield Static("", id="question", markup=False)
            yield Input(compact=True, id="answer", max_length=200)
        yield Sheet(id="card")
        yield Static("This terminal is too small: 50 x 12 cells at least.", id="too-small")
        yield KeyLine(PLACE, "anywhere", id="keys")

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#tree").border_title = "as a tree"
        self.query_one("#leaves").border_title = "leaves"
        self._say(EXAMPLES[0].hint)
        self._show()

    # -- what is shown ----------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._show()

    def _room(self) -> str:
        kind = layout(*self.app.size)
        mark(self, {"-small": kind == SMALL, f"-{TWO}": kind not in (ONE, SMALL)})
        return kind

    def _show(self) -> None:
        """Draws everything from the stepper's place."""
        kind = self._room()
        for name in VIEWS:
            self.query_one(f"#{name}").display = kind not in (ONE, SMALL) or name == self.view
        self.query_one("#top", Line).show(self._top())
        replaced = self.quiz.texts() if self.quiz else None
        self.query_one("#graph", GraphSheet).show(outline.graph(self.stepper, replaced))
        rows = outline.tree(self.stepper, replaced)
        lit = [place for place, row in enumerate(rows) if row.lit]
        self.query_one("#tree", Sheet).show(sheets.tree(rows, self.leaf), lit[-1] + 1 if lit else 0)
        self.query_one("#leaves", Sheet).show(self._leaves(replaced))
        quiz = self.quiz
        card = sheets.quiz_card(quiz) if quiz else sheets.card(self.stepper)
        self.query_one("#card", Sheet).show(card)
        self._question()

    def _top(self) -> list[Part]:
        stepper = self.stepper
        first, done, all_ = stepper.first_backward, stepper.done, len(stepper.moves)
        backward = f"backward {max(done - first, 0)}/{all_ - first}"
        parts = [
            words("1 micrograd · stepper", TITLE, 9),
            words(f"forward {min(done, first)}/{first}", LIT if done <= first else FAINT, 8),
            words(backward, LIT if done > first else FAINT, 8),
        ]
        if stepper.passes > 1:
            parts.append(words(f"{stepper.passes} passes, not zeroed", PUBLISHED, 7))
        if self.program.text == EXAMPLES[self.example].text:
            title = f" {self.example + 1} of {len(EXAMPLES)}: {EXAMPLES[self.example].title}"
            parts.append(Part((("o", CHOSEN), (title, FAINT)), 3))
        return parts

    @property
    def program(self) -> Program:
        """The expression as it stands."""
        return self.stepper.program

    @property
    def leaf(self) -> int:
        """The chosen leaf."""
        return self.program.leaves()[self.chosen]

    def _leaves(self, replaced: dict[int, str] | None) -> sheets.Lines:
        if not self.checked or self.quiz is not None:
            return sheets.leaves(self.stepper, self.leaf, replaced)
        rows = check.rows(self.program, self.torch)
        return sheets.checked(self.program.leaves(), rows, self.leaf, self.waiting)

    def _question(self) -> None:
        """The gradient that the quiz asks for, before its field."""
        quiz = self.quiz
        node = None if quiz is None else quiz.asking
        self.query_one("#asking").display = node is not None and not self.has_class("-small")
        if node is not None:
            tape = self.program.tape
            text = f"d{tape[self.program.root].name}/d{bracketed(tape[node].name)} = "
            self.query_one("#question", Static).update(text)

    def _say(self, text: str, role: str = "faint") -> None:
        """One line below the field."""
        self.query_one("#verdict", Sheet).show([[(text, role)]])

    def _refuse(self, error: ExpressionError, field: Input) -> None:
        """A mistake: the cursor goes to its column, and a mark below it where there is room."""
        field.cursor_position = error.column - 1
        at, width = LABEL + error.column - 1, self.size.width - 2
        whole = str(error)
        for text in (whole, whole.split(": ", 1)[1]):
            if "\n" not in field.value and at + len(text) + 2 <= width:
                self._say(f"{'':{at}}▲ {text}", "wrong")
                return
        self._say(whole, "wrong")

    # -- moving -----------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """One move on or back."""
        self.action_go(self.stepper.done + by)

    def action_go(self, done: int) -> None:
        """To a number of moves."""
        if self.quiz is None:
            self.stepper.go(done)
            self._show()

    def action_node(self, direction: int) -> None:
        """To where a node is done."""
        if self.quiz is None:
            self.stepper.go_node(direction)
            self._show()

    def action_again(self) -> None:
        """One more backward pass, without zeroing, from the end of the one before."""
        if self.quiz is None:
            end = len(self.stepper.moves)
            self.stepper.again(self.stepper.passes + 1)
            self.stepper.go(end)
            self._say("backward once more, and the gradients were not zeroed")
            self._show()

    def action_zero(self) -> None:
        """All gradients back to "not yet"."""
        if self.quiz is None:
            self.stepper.again(1)
            self.stepper.go(min(self.stepper.done, self.stepper.first_backward))
            self._say("all gradients are zeroed: backward can begin")
            self._show()

    def action_view(self) -> None:
        """Graph, tree or leaves, where only one of them has room."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self._show()

    def action_leave(self) -> None:
        """Ends the quiz; leaves the field; leaves the screen."""
        if self.quiz is not None:
            self._end_quiz()
        elif self.focused is not None:
            self.set_focus(None)
        else:
            self.dismiss(None)

    # -- expressions and leaves -------------------------------------------------------------------

    def action_field(self) -> None:
        """To the field."""
        self._end_quiz()
        self.query_one("#field", Input).focus()

    def action_example(self, by: int) -> None:
        """Another example."""
        self.example = (self.example + by) % len(EXAMPLES)
        chosen = EXAMPLES[self.example]
        self._take(Stepper(read(chosen.text)))
        self._say(chosen.hint)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A new expression, or an answer of the quiz."""
        try:
            if event.input.id == "answer":
                self._answered(event.value)
                return
            self._take(Stepper(read(event.value)))
        except ExpressionError as error:
            self._refuse(error, event.input)
            return
        self._say("")
        self.set_focus(None)

    def _take(self, stepper: Stepper) -> None:
        """Another expression, from its beginning."""
        self._end_quiz()
        self.stepper, self.chosen, self.checked = stepper, 0, False
        self._changed()

    def _changed(self) -> None:
        """The field and all pictures follow the program; torch is asked again where it was."""
        self.query_one("#field", Input).value = self.program.text
        self.torch = None
        if self.checked:
            self._ask()
        self._show()

    def action_leaf(self, by: int) -> None:
        """Another leaf."""
        self.chosen = (self.chosen + by) % len(self.program.leaves())
        self._show()

    def action_edit(self) -> None:
        """Asks for another number in the leaf."""
        if self.quiz is not None:
            return
        leaf = self.leaf
        name, number = self.program.tape[leaf].name, self.stepper.values[leaf].data

        def try_(text: str) -> None:
            self.program.edited(leaf, number_in(text))

        def done(text: str | None) -> None:
            if text is not None:
                self._edit(leaf, number_in(text))

        box = EditKnob(f"leaf {name}", "a number, or numbers with + - * / **", typed(number), try_)
        self.app.push_screen(box, done)

    def action_nudge(self, by: float) -> None:
        """A little more or less in the leaf."""
        if self.quiz is None:
            number = self.stepper.values[self.leaf].data
            self._edit(self.leaf, round(number + by, 10))

    def _edit(self, leaf: int, number: float) -> None:
        try:
            self.stepper.edit(leaf, number)
        except ExpressionError as error:
            self._say(str(error), "wrong")
            return
        self._say(f"{self.program.tape[leaf].name} is {shown(number)} now, and everything follows")
        self._changed()

    # -- check and predict ------------------------------------------------------------------------

    def action_check(self) -> None:
        """The three gradients of every leaf; again to put them away."""
        self._end_quiz()
        self.checked = not self.checked
        self.view = "leaves" if self.checked else "tree"
        if self.checked:
            self._say("by the chain rule, by (L(x+h) - L(x-h)) / 2h, and by torch")
            self._ask()
        self._show()

    def _ask(self) -> None:
        self.waiting = "asking"
        self.run_worker(self._hear(self.program), exclusive=True, exit_on_error=False)

    async def _hear(self, program: Program) -> None:
        answer = await self.ask(program)
        if program is self.program:
            self.torch, self.waiting = answer, "not there"
            self._show()

    def action_predict(self) -> None:
        """Hides three gradients of the finished backward pass."""
        self.stepper.again(1)
        self.quizzes += 1
        self.stepper.go(len(self.stepper.moves))
        self.quiz = hide(self.stepper, self.quizzes)
        self._say("what are the hidden gradients? a number, or a product such as -2*-3")
        self._show()
        answer = self.query_one("#answer", Input)
        answer.value = ""
        answer.focus()

    def _answered(self, text: str) -> None:
        assert self.quiz is not None, "the answer's field is shown in a quiz only"
        if self.quiz.asking is not None:
            self.quiz.answer(text)
            self.query_one("#answer", Input).value = ""
        if self.quiz.asking is None:
            self.set_focus(None)
        self._say("")
        self._show()

    def _end_quiz(self) -> None:
        if self.quiz is not None:
            self.quiz = None
            self.set_focus(None)
            self._say("")
            self._show()


def number_in(text: str) -> float:
    """A number as a learner types it. Raises `LabError`."""
    program = read(text)
    if len(program.tape) != 1:
        raise LabError("This holds more than a number; type one such as -2.5.")
    return program.values()[program.root].data


def open_screen(opened: Opened) -> StepperScreen:
    """The lesson's own screen, as the lab asks for it."""
    return StepperScreen()

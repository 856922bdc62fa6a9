"""The stepper: an expression's graph, forward and backward one move at a time. Opened by `x`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from lessons.micrograd.screen import check, outline
from lessons.micrograd.screen import words as lines
from lessons.micrograd.screen.examples import EXAMPLES
from lessons.micrograd.screen.expression import number_in, read, typed
from lessons.micrograd.screen.keys import HELP, HERE
from lessons.micrograd.screen.quiz import Quiz, hide
from lessons.micrograd.screen.stepper import Stepper, bracketed
from lessons.micrograd.screen.tape import ExpressionError, Program
from zhtui.screen import (
    CHOSEN,
    ONE,
    SMALL,
    TWO,
    AskLine,
    EditKnob,
    LabScreen,
    Opened,
    Part,
    Played,
    Player,
    Rule,
    Sheet,
    bindings,
    layout,
    picture,
    words,
)

VIEWS = ("tree", "graph", "leaves")
Ask = Callable[[Program], Awaitable[dict[str, float] | None]]


class StepperScreen(Played, LabScreen):
    """An expression, and the place in its moves."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(HERE)
    AUTO_FOCUS = ""
    NEEDS_ROOM = True
    explained = (HELP, (("In the stepper", HERE),))
    DEFAULT_CSS = """
    StepperScreen #verdict { height: 1; padding: 0 1; overflow: hidden hidden; }
    StepperScreen #card { height: 4; padding: 0 1; overflow: hidden hidden; }
    StepperScreen #stage { height: 1fr; layout: grid; grid-size: 1 1; padding: 0 1; }
    StepperScreen.-two #stage { grid-size: 2 2; grid-rows: 5fr 3fr; grid-columns: 3fr 2fr; }
    StepperScreen.-two #card { height: 3; }
    StepperScreen.-two #graph { column-span: 2; }
    StepperScreen.-two #tree { border-top: solid $border; border-title-color: $foreground; }
    StepperScreen.-two #leaves { border-top: solid $border; border-title-color: $foreground; }
    """

    def __init__(self, ask: Ask = check.ask) -> None:
        super().__init__()
        self.ask = ask
        self.example = 0
        self.stepper = Stepper(read(EXAMPLES[0].text))
        self.player = Player(self, self._go)
        self.chosen = 0  # among the leaves
        self.view = VIEWS[0]
        self.quiz: Quiz | None = None
        self.quizzes = 0
        self.checked = False
        self.torch: dict[str, float] | None = None
        self.waiting = ""
        self.field = AskLine("expression ", EXAMPLES[0].text, most=20_000, id="field")
        self.answer = AskLine(most=200, id="answer")
        self.graph = picture(outline.graph(self.stepper), id="graph")
        self.graph.can_focus = False
        self.as_tree, self.leaves = Sheet("tree"), Sheet("leaves")
        self.verdict, self.card = Sheet("verdict"), Sheet("card")

    def stage(self) -> Iterable[Widget]:
        yield self.field
        yield self.verdict
        with Container(id="stage"):
            yield from (self.graph, self.as_tree, self.leaves)
        yield Rule()
        yield self.answer
        yield self.card

    def on_mount(self) -> None:
        self.as_tree.border_title = "as a tree"
        self.leaves.border_title = "leaves"
        self._say(EXAMPLES[0].hint)
        self._show()

    # -- what is shown ----------------------------------------------------------------------------

    def room(self) -> Mapping[str, bool]:
        kind = layout(*self.app.size)
        return {"-small": kind == SMALL, f"-{TWO}": kind not in (ONE, SMALL)}

    def lay_out(self) -> None:
        self._show()

    def _show(self) -> None:
        """Draws all from the stepper's place; a text that was refused goes when it is left."""
        if self.focused is not self.field and self.field.value != self.program.text:
            self.field.offer(self.program.text)
        stepper, kind = self.stepper, layout(*self.app.size)
        for widget in (self.as_tree, self.graph, self.leaves):
            widget.display = kind not in (ONE, SMALL) or widget.id == self.view
        self.player.stands(stepper.done, len(stepper.moves))
        self.top.show(self._top())
        replaced = self.quiz.texts() if self.quiz else None
        self._draw_graph(replaced)
        rows = outline.tree(stepper, replaced)
        lit = [place for place, row in enumerate(rows) if row.lit]
        root = self.program.tape[self.program.root].name
        self.as_tree.show(lines.tree(rows, self.leaf, root), lit[-1] + 1 if lit else 0)
        self.leaves.show(self._leaves(replaced))
        wide = self.app.size.width - 2
        self.card.show(lines.quiz_card(self.quiz) if self.quiz else lines.card(stepper, wide))
        self._question()
        self.call_after_refresh(self._tell_cut)

    def _draw_graph(self, replaced: dict[int, str] | None) -> None:
        """The graph, scrolled to what the last move lit."""
        view = outline.graph(self.stepper, replaced)
        self.graph.show(view)
        for place, node in reversed(list(enumerate(view.nodes))):
            if node.lit:
                self.graph.reveal((place, 0))

    def _tell_cut(self) -> None:
        """Says in the top line where a picture goes on at the right."""
        self.top.show(self._top())

    @property
    def cut(self) -> bool:
        """Whether something in sight goes on at the right."""
        pictures = (self.graph, self.as_tree, self.leaves)
        return any(each.display and each.scroll_x < each.max_scroll_x for each in pictures)

    def _top(self) -> list[Part]:
        stepper = self.stepper
        first, done, all_ = stepper.first_backward, stepper.done, len(stepper.moves)
        backward = f"backward {max(done - first, 0)}/{all_ - first}"
        parts = [
            words("1 micrograd · stepper", "title", 9),
            words(f"forward {min(done, first)}/{first}", "lit" if done <= first else "faint", 8),
            words(backward, "lit" if done > first else "faint", 8),
        ]
        if stepper.passes > 1:
            parts.append(words(f"{stepper.passes} passes, not zeroed", "published", 7))
        if self.program.text == EXAMPLES[self.example].text:
            title = f" {self.example + 1} of {len(EXAMPLES)}: {EXAMPLES[self.example].title}"
            parts.append(Part((("o", CHOSEN), (title, "faint")), 3))
        if self.cut:
            parts.append(Part(((">", CHOSEN), (" more at the right", "lit")), 6))
        return parts

    @property
    def program(self) -> Program:
        """The expression as it stands."""
        return self.stepper.program

    @property
    def leaf(self) -> int:
        """The chosen leaf."""
        return self.program.leaves()[self.chosen]

    def _leaves(self, replaced: dict[int, str] | None) -> lines.Lines:
        if not self.checked or self.quiz is not None:
            return lines.leaves(self.stepper, self.leaf, replaced)
        rows = check.rows(self.program, self.torch)
        return lines.checked(self.program.leaves(), rows, self.leaf, self.waiting)

    def _question(self) -> None:
        """The gradient that the quiz asks for, before its field."""
        quiz = self.quiz
        node = None if quiz is None else quiz.asking
        self.answer.display = node is not None and not self.small
        if node is not None:
            tape, root = self.program.tape, self.program.root
            self.answer.question = f"d{tape[root].name}/d{bracketed(tape[node].name)} ="
            self.answer.redraw()

    def _say(self, text: str, role: str = "faint") -> None:
        """One line below the field."""
        self.verdict.show([[(text, role)]])

    def _refuse(self, error: ExpressionError, field: AskLine) -> None:
        """A mistake: the cursor goes to its column, and a mark below it where there is room; of an
        answer it is told what can be one.
        """
        field.point(error.column - 1)
        if self.quiz is not None:
            self.card.show(lines.quiz_card(self.quiz, refused=True))
            return
        at, width = len(field.question) + error.column, self.size.width - 2
        whole = str(error)
        for text in (whole, whole.split(": ", 1)[1]):
            if "\n" not in field.value and at + len(text) + 2 <= width:
                self._say(f"{'':{at}}▲ {text}", "wrong")
                return
        self._say(whole, "wrong")

    # -- moving -----------------------------------------------------------------------------------

    def _go(self, done: int) -> None:
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
            self._say(
                "One more backward pass is planned, and the gradients are not zeroed before it."
            )
            self._show()

    def action_zero(self) -> None:
        """All gradients back to "not yet"."""
        if self.quiz is None:
            self.stepper.again(1)
            self.stepper.go(min(self.stepper.done, self.stepper.first_backward))
            self._say("All gradients are zeroed; backward can begin.")
            self._show()

    def action_view(self) -> None:
        """Graph, tree or leaves, where only one of them has room."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self._show()

    def action_across(self, by: int) -> None:
        """Half a width to the right or to the left, in every picture in sight."""
        for each in (self.graph, self.as_tree, self.leaves):
            if each.display:
                each.scroll_relative(x=by * each.size.width // 2, animate=False, immediate=True)
        self.call_after_refresh(self._tell_cut)

    def action_back(self) -> None:
        """Ends the quiz; leaves the field; leaves the screen."""
        if self.quiz is not None:
            self._end_quiz()
        elif self.focused is not None:
            self.set_focus(None)
            self._say("")
            self._show()
        else:
            self.dismiss(None)

    # -- expressions and leaves -------------------------------------------------------------------

    def action_field(self) -> None:
        """To the field."""
        self._end_quiz()
        self.field.focus()

    def action_example(self, by: int) -> None:
        """Another example."""
        self.example = (self.example + by) % len(EXAMPLES)
        chosen = EXAMPLES[self.example]
        self._take(Stepper(read(chosen.text)))
        self._say(chosen.hint)

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """A new expression, or an answer of the quiz."""
        try:
            if event.line is self.answer:
                self._answered(event.value)
                return
            self._take(Stepper(read(event.value)))
        except ExpressionError as error:
            self._refuse(error, event.line)
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
        self.field.offer(self.program.text)
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
        self._say(lines.edited(self.stepper, leaf), "lit")
        self._changed()

    # -- check and predict ------------------------------------------------------------------------

    def action_check(self) -> None:
        """The three gradients of every leaf; again to put them away."""
        self._end_quiz()
        self.checked = not self.checked
        self.view = "leaves" if self.checked else "tree"
        if self.checked:
            self._say("Each gradient by the chain rule, by (L(x+h) - L(x-h)) / 2h, and by torch.")
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
        self._say("What are the hidden gradients? Type a number, or a product such as -2*-3.")
        self._show()
        self.answer.offer("")
        self.set_focus(self.answer)

    def _answered(self, text: str) -> None:
        quiz = self.quiz
        assert quiz is not None, "the answer's field is shown in a quiz only"
        self._say("")
        if (node := quiz.asking) is not None:
            if not quiz.answer(text):
                self._say(*lines.judged(quiz, node))
            self.answer.offer("")
        if quiz.asking is None:
            self.set_focus(None)
        self._show()

    def _end_quiz(self) -> None:
        if self.quiz is not None:
            self.quiz = None
            self.set_focus(None)
            self._say("")
            self._show()


def open_screen(opened: Opened) -> StepperScreen:
    """The lesson's own screen, as the lab asks for it."""
    return StepperScreen()

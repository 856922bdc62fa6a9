"""The one table of keys. Dispatch, the line of keys, the help and the palette all come from it.

Each key has an id, by which config.toml binds it anew, and a place in which it works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Key:
    """One habit: keys, the action that they call, a word for the line of keys, a sentence."""

    id: str
    keys: str
    action: str
    word: str
    text: str
    shown: bool = True


Place = str | tuple[Key, ...]  # one of the lab's, or the keys that a lesson's own screen brings


APP = (
    Key("app.help", "question_mark", "help", "explain", "explain everything on this screen"),
    Key("app.palette", "ctrl+p", "command_palette", "all", "every command by its name", False),
    Key("app.picture", "w", "picture", "save picture", "save this screen as an SVG picture", False),
    Key("app.theme", "T", "next_theme", "theme", "the next theme: dark, light, safe, own", False),
    Key("app.quit", "q", "leave", "quit", "leave the lab; runs go on without it"),
)

HOME = (
    Key("home.open", "enter", "open", "open", "open the lesson"),
    Key("home.run", "r", "run", "run", "open the lesson and start a run at once"),
    Key("home.runs", "R", "runs", "runs", "all runs: compare, note, rename, export, delete"),
    Key("home.console", "c,p", "console", "console", "let the lesson's newest run write"),
    Key("home.find", "slash", "find", "find", "show only the lessons that match every word"),
    Key("home.explore", "i", "explore", "explore", "explore the lesson, its newest run", False),
    Key("home.resume", "space", "pause", "pause", "pause or resume the lesson's live run", False),
    Key("home.back", "escape", "back", "", "show all lessons again", False),
)

LESSON = (
    Key("lesson.run", "r", "run", "run", "start a new run with the knobs under “next run”"),
    Key("lesson.runs", "R", "runs", "runs", "all runs: compare, note, rename, export", False),
    Key("lesson.begin", "enter", "begin", "", "start the first run", False),
    Key(
        "lesson.explore", "i", "explore", "explore", "see the mechanism of this run, frame by frame"
    ),
    Key("lesson.pause", "space", "pause", "pause", "pause; resume a paused or stopped run"),
    Key("lesson.step", "full_stop", "ask('step')", "step", "make a single step, then pause"),
    Key("lesson.edit", "e", "edit", "edit knob", "change the knob at the cursor"),
    Key("lesson.notes", "n", "visit(5)", "notes", "the lesson's text; again to come back"),
    Key("lesson.view", "v", "view(1)", "view", "the next view"),
    Key("lesson.view_back", "V", "view(-1)", "view", "the previous view", False),
    Key("lesson.chart", "c", "chart(1)", "chart", "the next chart"),
    Key("lesson.cards", "u", "visit(7)", "questions", "guess a number, run, compare"),
    Key("lesson.console", "p", "console", "console", "let the run's model write", False),
    Key("lesson.sample", "a", "ask('sample')", "ask", "ask the live run for a sample", False),
    Key("lesson.save", "S", "ask('checkpoint')", "save", "save a checkpoint now", False),
    Key("lesson.stop", "K", "ask('stop')", "stop", "save a checkpoint and stop the run"),
    Key("lesson.source", "s", "source", "source", "the code that the cursor's view comes from"),
    Key("lesson.own", "x", "own", "own screen", "the lesson's own screen, if it has one", False),
    Key("lesson.older", "left_square_bracket", "other(1)", "older", "an older run", False),
    Key("lesson.newer", "right_square_bracket", "other(-1)", "newer", "a newer run", False),
    Key("lesson.pane", "tab", "pane(1)", "pane", "the next pane"),
    Key("lesson.pane_back", "shift+tab", "pane(-1)", "pane", "the previous pane", False),
    *(Key(f"lesson.pane_{i}", str(i), f"to({i})", "", f"pane {i}", False) for i in range(1, 8)),
    Key("lesson.zoom", "z", "zoom", "zoom", "this pane alone; again for all", False),
    Key("lesson.back", "escape", "back", "back", "leave the cursor, the zoom, then the lesson"),
)

REPLAY = (
    Key("replay.before", "left_curly_bracket", "replay(-1)", "before", "the previous moment"),
    Key("replay.after", "right_curly_bracket", "replay(1)", "after", "the next moment"),
    Key("replay.play", "P", "play", "play", "play the run from here; again: 3, 10, 30, 100 times"),
    Key("replay.still", "space", "still", "hold", "while it is replayed: hold, or play on", False),
    Key("replay.live", "l", "follow", "newest", "back to the newest step"),
    Key("replay.fork", "f", "fork", "fork", "fork: go on from here with a knob changed"),
)

RUNS = (
    Key("runs.mark", "space", "mark", "mark", "put the run into the chart, or take it out"),
    Key("runs.open", "enter", "open", "open", "open the run on its lesson's screen"),
    Key("runs.filter", "slash", "filter", "filter", "show only the runs that match every word"),
    Key("runs.order", "o", "order(1)", "order", "the next order of the list"),
    Key("runs.reverse", "O", "reverse", "", "reverse the order of the list", False),
    Key("runs.mark_all", "a", "mark_all", "", "mark all that are listed, or none", False),
    Key("runs.metric", "c", "metric(1)", "metric", "the next metric in the chart"),
    Key("runs.metric_back", "C", "metric(-1)", "", "the previous metric", False),
    Key(
        "runs.smooth", "s", "smooth", "smooth", "smooth the lines more, not at all, or less", False
    ),
    Key("runs.axis", "x", "axis", "x axis", "count steps, seconds of training, or tokens", False),
    Key("runs.log_x", "X", "log_x", "", "logarithmic or linear width", False),
    Key("runs.note", "n", "note", "note", "write a note for the run"),
    Key("runs.rename", "e", "rename", "rename", "give the run another name", False),
    Key("runs.delete", "d", "delete", "delete", "delete the run, after asking", False),
    Key("runs.export", "E", "export", "export", "export numbers, or the chart as a picture"),
    Key("runs.pause", "p", "pause", "pause", "pause a live run; resume another one", False),
    Key("runs.console", "L", "console", "console", "what the run's worker wrote", False),
    Key("runs.pane", "tab", "pane(1)", "pane", "the next pane"),
    Key("runs.pane_back", "shift+tab", "pane(-1)", "", "the previous pane", False),
    *(Key(f"runs.pane_{i}", str(i), f"to({i})", "", f"pane {i}", False) for i in range(1, 5)),
    Key("runs.zoom", "z", "zoom", "", "this pane alone; again for all", False),
    Key("runs.back", "escape", "back", "back", "leave the cursor, the filter, then this screen"),
)

CONSOLE = (
    Key("console.prompt", "p", "prompt", "prompt", "type a prompt"),
    Key("console.write", "space", "write", "write", "write after the prompt; stop writing"),
    Key("console.other", "down,j", "other(1)", "others", "what other tokens were possible here"),
    Key("console.other_back", "up,k", "other(-1)", "", "a likelier alternative", False),
    Key("console.take", "enter", "take", "take", "take the alternative: the text branches"),
    Key("console.right", "right,l", "token(1)", "", "the next token", False),
    Key("console.left", "left,h", "token(-1)", "", "the previous token", False),
    Key("console.far_right", "shift+right", "token(10)", "", "ten tokens forward", False),
    Key("console.far_left", "shift+left", "token(-10)", "", "ten tokens back", False),
    Key("console.line_down", "pagedown", "line(1)", "", "the line below", False),
    Key("console.line_up", "pageup", "line(-1)", "", "the line above", False),
    Key("console.first", "home,g", "token(-9999)", "", "the first token", False),
    Key("console.last", "end,G", "token(9999)", "", "the last token", False),
    Key("console.dial", "tab", "dial(1)", "setting", "the next setting"),
    Key("console.dial_back", "shift+tab", "dial(-1)", "", "the previous setting", False),
    Key("console.more", "plus,equals_sign", "turn(1)", "more", "turn the setting up"),
    Key("console.less", "minus", "turn(-1)", "less", "turn the setting down", False),
    Key("console.edit", "e", "edit", "", "type the setting's value", False),
    Key("console.throw", "r", "throw", "throw again", "write again with the next seed"),
    Key(
        "console.three",
        "x",
        "three",
        "three",
        "three texts: the same dice, three settings",
    ),
    Key("console.two", "d", "two", "compare", "this branch beside the marked one, or its origin"),
    Key("console.mark", "m", "mark", "", "mark this branch, to compare others with it", False),
    Key("console.own", "o", "own", "own text", "a text of your own: its surprise, token by token"),
    Key("console.shade", "s", "shade", "", "shade every token by its surprise", False),
    Key("console.older", "left_square_bracket", "branch(-1)", "", "the previous branch", False),
    Key("console.newer", "right_square_bracket", "branch(1)", "", "the next branch", False),
    *(Key(f"console.{i}", str(i), f"number({i})", "", f"branch {i}", False) for i in range(1, 10)),
    Key("console.step_back", "less_than_sign", "step(-1)", "", "an older checkpoint", False),
    Key("console.step_on", "greater_than_sign", "step(1)", "", "a newer checkpoint", False),
    Key("console.live", "L", "newest", "", "the newest checkpoint, from now on", False),
    Key(
        "console.fresh", "f", "fresh", "", "a live run: save a checkpoint now, write with it", False
    ),
    Key("console.copy", "y", "copy", "", "copy the text", False),
    Key("console.explore", "i", "explore", "", "explore what the model does with this text", False),
    Key("console.back", "escape", "back", "back", "leave the prompt, comparison, then console"),
)

EXPLORE = (
    Key("explore.knobs", "k", "knobs", "knobs", "go to the knobs; escape comes back"),
    Key("explore.predict", "p", "predict", "predict", "go to a number that you can predict"),
    Key("explore.more", "plus,equals_sign", "poke(1)", "poke", "raise the cell at the cursor"),
    Key("explore.less", "minus", "poke(-1)", "", "lower the cell at the cursor", False),
    Key("explore.edit", "e", "edit", "edit", "type the cell at the cursor, or the knob", False),
    Key("explore.undo", "u", "undo", "", "take the poke back", False),
    Key("explore.mistake", "m", "mistake", "mistake", "a real mistake: switch it on, or find it"),
    Key("explore.view", "v,tab", "view(1)", "view", "the next picture"),
    Key("explore.view_back", "V,shift+tab", "view(-1)", "", "the previous picture", False),
    Key("explore.zoom", "z", "zoom", "zoom", "this picture alone; again for all"),
    Key("explore.chapter", "right_square_bracket", "chapter(1)", "", "the next chapter", False),
    Key(
        "explore.chapter_back",
        "left_square_bracket",
        "chapter(-1)",
        "",
        "the previous chapter",
        False,
    ),
    *(Key(f"explore.{i}", str(i), f"scene({i})", "", f"scene {i}", False) for i in range(1, 10)),
    Key("explore.step_back", "less_than_sign", "step(-1)", "", "an older checkpoint", False),
    Key("explore.step_on", "greater_than_sign", "step(1)", "", "a newer checkpoint", False),
    Key("explore.live", "L", "newest", "", "the newest checkpoint, from now on", False),
    Key("explore.fresh", "f", "fresh", "", "a live run: save a checkpoint now", False),
    Key("explore.run", "left_curly_bracket", "other(1)", "", "an older run; at last none", False),
    Key("explore.run_on", "right_curly_bracket", "other(-1)", "", "a newer run", False),
    Key("explore.console", "c", "console", "", "let the run's model write after the text", False),
    Key("explore.source", "s", "source", "source", "the code of this scene, or of the mistake"),
    Key("explore.notes", "n", "notes", "notes", "the lesson's text"),
    Key("explore.back", "escape", "back", "back", "leave the line, knobs, zoom, then screen"),
)

DIALS = (
    Key("dials.less", "left", "turn(-1)", "", "turn the knob down", False),
    Key("dials.more", "right", "turn(1)", "turn", "turn the knob up"),
)

CHART = (
    Key("chart.left", "left", "cursor(-1)", "read", "move the crosshair to earlier steps"),
    Key("chart.right", "right", "cursor(1)", "read", "move the crosshair to later steps", False),
    Key("chart.far_left", "shift+left", "cursor(-10)", "", "ten columns earlier", False),
    Key("chart.far_right", "shift+right", "cursor(10)", "", "ten columns later", False),
    Key("chart.pan_left", "less_than_sign", "pan(-0.25)", "pan", "pan to earlier steps", False),
    Key("chart.pan_right", "greater_than_sign", "pan(0.25)", "pan", "pan to later steps", False),
    Key("chart.in", "plus,equals_sign", "zoom_x(0.5)", "closer", "fewer steps, wider", False),
    Key("chart.out", "minus", "zoom_x(2.0)", "wider", "more steps, narrower", False),
    Key("chart.log", "y", "log", "log", "logarithmic or linear height", False),
    Key("chart.live", "l,end", "live", "live", "follow the newest step again", False),
)

PICTURE = (
    Key(
        "picture.enter", "enter", "choose", "cursor", "put a cursor into it; again: choose the cell"
    ),
    Key("picture.up", "up", "point(-1, 0)", "", "the cell above", False),
    Key("picture.down", "down", "point(1, 0)", "", "the cell below", False),
    Key("picture.left", "left", "point(0, -1)", "", "the cell to the left", False),
    Key("picture.right", "right", "point(0, 1)", "", "the cell to the right", False),
    Key("picture.k", "k", "steer(-1, 0)", "", "with a cursor in it: the cell above", False),
    Key("picture.j", "j", "steer(1, 0)", "", "with a cursor in it: the cell below", False),
    Key("picture.h", "h", "steer(0, -1)", "", "with a cursor in it: the cell to the left", False),
    Key("picture.l", "l", "steer(0, 1)", "", "with a cursor in it: the cell to the right", False),
    Key("picture.far_up", "shift+up", "point(-8, 0)", "", "eight cells up", False),
    Key("picture.far_down", "shift+down", "point(8, 0)", "", "eight cells down", False),
    Key("picture.far_left", "shift+left", "point(0, -8)", "", "eight cells to the left", False),
    Key("picture.far_right", "shift+right", "point(0, 8)", "", "eight cells to the right", False),
    Key("picture.leave", "escape", "leave_picture", "", "take the cursor out of it", False),
)

LIST = (
    Key("list.up", "up,k", "cursor(-1)", "up", "the row above", False),
    Key("list.down", "down,j", "cursor(1)", "down", "the row below", False),
    Key("list.page_up", "pageup", "cursor(-10)", "", "ten rows up", False),
    Key("list.page_down", "pagedown", "cursor(10)", "", "ten rows down", False),
    Key("list.first", "home,g", "cursor(-9999)", "", "the first row", False),
    Key("list.last", "end,G", "cursor(9999)", "", "the last row", False),
    Key("list.enter", "enter", "choose", "choose", "take this row", False),
)

KNOBS = (
    Key(
        "knobs.less", "left", "turn(-1)", "", "turn the knob down, or to the previous preset", False
    ),
    Key("knobs.more", "right", "turn(1)", "turn", "turn the knob up, or to the next preset", False),
    Key("knobs.sift", "slash", "sift", "", "show only the knobs that match every word", False),
)

CARD = (
    Key("card.play", "enter", "play", "answer", "answer it; look at its run; then the next one"),
    Key("card.again", "g", "again", "", "guess again, with another run", False),
    Key("card.before", "left", "card(-1)", "", "the previous question", False),
    Key("card.after", "right", "card(1)", "", "the next question", False),
)

NOTES = (
    Key("notes.after", "right", "link(1)", "", "the next link, action or answer", False),
    Key("notes.before", "left", "link(-1)", "", "the previous one", False),
    Key("notes.open", "enter", "open", "", "play it, open its code, unfold the answer", False),
    Key("notes.fold", "o", "fold", "", "unfold all answers, or fold them again", False),
    Key("notes.down", "j", "scroll_down", "", "one line down", False),
    Key("notes.up", "k", "scroll_up", "", "one line up", False),
)

SOURCE = (
    Key("source.after", "right,l", "file(1)", "file", "the next file"),
    Key("source.before", "left,h", "file(-1)", "", "the previous file", False),
    Key("source.down", "down,j", "scroll(1)", "", "one line down", False),
    Key("source.up", "up,k", "scroll(-1)", "", "one line up", False),
    Key("source.page_down", "pagedown,space", "scroll(15)", "", "one page down", False),
    Key("source.page_up", "pageup", "scroll(-15)", "", "one page up", False),
    Key("source.right", "greater_than_sign", "side(20)", "", "to the right", False),
    Key("source.left", "less_than_sign", "side(-20)", "", "to the left", False),
    Key("source.copy", "c", "copy", "copy", "copy the file"),
    Key("source.back", "escape,s", "back", "back", "back to where you were"),
)

DIALOG = (Key("dialog.close", "escape,q", "close", "close", "close this"),)

READER = (
    Key("reader.copy", "c", "copy", "copy", "copy the text"),
    Key("reader.down", "down,j", "scroll(1)", "scroll", "one line down", False),
    Key("reader.up", "up,k", "scroll(-1)", "", "one line up", False),
    Key("reader.page_down", "pagedown,space", "scroll(15)", "", "one page down", False),
    Key("reader.page_up", "pageup", "scroll(-15)", "", "one page up", False),
)

PLAYER = (
    Key("player.on", "right,full_stop", "move(1)", "on", "the next moment"),
    Key("player.back", "left,comma", "move(-1)", "back", "the previous moment"),
    Key("player.ten", "shift+right", "move(10)", "", "ten moments forward", False),
    Key("player.ten_back", "shift+left", "move(-10)", "", "ten moments back", False),
    Key("player.run", "space", "run", "run", "play; stop"),
    Key("player.go", "g", "ask_where", "go to", "go to a moment by its number"),
    Key("player.first", "home", "moment(0)", "", "the first moment", False),
    Key("player.last", "end", "to_last", "", "the last moment", False),
)

WINDOW = (
    Key("window.up", "up,k", "cursor(-1)", "", "the row above", False),
    Key("window.down", "down,j", "cursor(1)", "", "the row below", False),
    Key("window.page_up", "pageup", "page(-1)", "", "a page up", False),
    Key("window.page_down", "pagedown", "page(1)", "", "a page down", False),
    Key("window.left", "less_than_sign", "aside(-8)", "", "to the left in a wide picture", False),
    Key("window.right", "greater_than_sign", "aside(8)", "", "to the right", False),
)

LINE = (
    Key("line.take", "enter", "take", "take", "take what was typed"),
    Key("line.leave", "escape", "leave", "leave", "leave the line"),
)
TYPED = "line"  # the only keys that are not typed

PLACES: dict[str, tuple[Key, ...]] = {
    "anywhere": APP,
    "home": HOME,
    "lesson": LESSON,
    "replay": REPLAY,
    "runs": RUNS,
    "console": CONSOLE,
    "explore": EXPLORE,
    "dials": DIALS,
    "chart": CHART,
    "picture": PICTURE,
    "list": LIST,
    "knobs": KNOBS,
    "card": CARD,
    "notes": NOTES,
    "source": SOURCE,
    "dialog": DIALOG,
    "reader": READER,
    "player": PLAYER,
    "window": WINDOW,
    TYPED: LINE,
}

NAMES = {
    "question_mark": "?",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "slash": "/",
    "comma": ",",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
}


def row(place: Place) -> tuple[Key, ...]:
    """The keys of a place."""
    return PLACES[place] if isinstance(place, str) else place


def picked(keys: tuple[Key, ...], words: Mapping[str, tuple[str, str]]) -> tuple[Key, ...]:
    """The keys of some habits, each under the word and the sentence that a screen has for it; one
    without a word is not in the line of keys.
    """
    known = {key.id: key for key in keys}
    return tuple(
        replace(known[id], word=word, text=text, shown=bool(word))
        for id, (word, text) in words.items()
    )


def bindings(*places: Place) -> list[BindingType]:
    """Textual's bindings of some places; every one has an id and can be rebound."""
    return [
        Binding(key.keys, key.action, key.word or key.text, show=False, id=key.id)
        for place in places
        for key in row(place)
    ]

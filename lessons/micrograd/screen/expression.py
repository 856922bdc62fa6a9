"""A small language for expressions, read by hand: `a = 2; b = -3; L = tanh(a*b + 1)`.

    program    statement ((";" | newline) statement)*
    statement  [name ("=" | "+=" | "-=" | "*=" | "/=")] sum
    sum        product (("+" | "-") product)*
    product    sign (("*" | "/") sign)*
    sign       ("-" | "+") sign | power
    power      atom ["**" sign]
    atom       number | name | function "(" sum ")" | "(" sum ")", then any ".function()"

Reading gives the tape of `tape.py`. Nothing typed is ever run as Python. Left out: everything that
is not in the grammar above, powers of one variable by another, and comparison.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from lessons.micrograd.engine import Value
from lessons.micrograd.screen.tape import (
    FUNCTIONS,
    ExpressionError,
    Operation,
    Program,
    compute,
    written,
)
from zhtui.lab import LabError

LONGEST = 2_000  # characters
DEEPEST = 40  # brackets, signs and powers inside each other
SHORT = 8  # characters up to which an unnamed node is called by its own text

TOKEN = re.compile(
    r"(?P<space>[ \t\r]+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<mark>\*\*|[-+*/]=|[-+*/()=.;\n])"
)
ASSIGNED = re.compile(r"\A([A-Za-z_]\w*\s*=\s*)[^;\n]*")


@dataclass(frozen=True)
class Token:
    kind: str  # number, name, mark, unknown or end
    text: str
    at: int


def read(text: str) -> Program:
    """Reads a whole program and computes it once. Raises `ExpressionError`."""
    if len(text) > LONGEST:
        sentence = f"the text has {len(text):,} characters; keep it under {LONGEST:,}."
        raise ExpressionError(text, LONGEST, sentence)
    program = Reader(text).program()
    program.values()
    return program


def number_in(text: str) -> float:
    """A number as a learner types it. Raises `LabError`."""
    program = read(text)
    if len(program.tape) != 1:
        raise LabError("This holds more than a number; type one such as -2.5.")
    return program.values()[program.root].data


def rewritten(program: Program, leaf: int, number: float) -> Program:
    """The program with another number in a leaf, in its text as well. Raises `ExpressionError`."""
    at = program.tape[leaf].at
    head, rest = program.text[:at], program.text[at:]
    changed, found = ASSIGNED.subn(lambda match: match[1] + typed(number), rest, count=1)
    return read(head + changed) if found else program.edited(leaf, number)


def typed(number: float) -> str:
    """A number as one types it: 2 for 2.0, and every digit where there are many."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def tokens(text: str) -> list[Token]:
    """The text cut into tokens, ended by one of kind "end"."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            found.append(Token("unknown", text[at], at))
        elif match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), at))
        at = at + 1 if match is None else match.end()
    return [*found, Token("end", "", len(text))]


class Reader:
    """Reads tokens from left to right; each rule of the grammar is a method.

    A rule gives an operand: the index of a line of the tape, or a float for what is known at once.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.place = 0
        self.depth = 0
        self.tape: list[Operation] = []
        self.known: dict[str, int] = {}

    # -- tokens -----------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def fail(self, sentence: str, token: Token | None = None) -> ExpressionError:
        token = token or self.token
        if token.kind == "unknown":
            sentence = f"{token.text!r} means nothing here; use numbers, names and + - * / ** ( )."
        return ExpressionError(self.text, token.at, sentence)

    def take(self, *marks: str) -> Token | None:
        """The next token, if it is one of these marks."""
        token = self.token
        if token.kind != "mark" or token.text not in marks:
            return None
        self.place += 1
        return token

    def expect(self, mark: str) -> None:
        if self.take(mark) is None:
            raise self.fail(f"found {self.found()}; write '{mark}' here.")

    def found(self) -> str:
        return "the end" if self.token.kind == "end" else repr(self.token.text)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"more than {DEEPEST} levels inside each other; name a part of it.")

    # -- the grammar ------------------------------------------------------------------------------

    def program(self) -> Program:
        root: int | None = None
        while self.token.kind != "end":
            if self.take(";", "\n") is None:
                root = self.statement()
                if self.token.kind != "end" and self.token.text not in (";", "\n"):
                    raise self.fail(f"found {self.found()}; put an operator or ';' before it.")
        if root is None:
            raise self.fail("there is nothing to compute; write for example a=2; L=a*a.")
        return Program(self.text, tuple(self.tape), root)

    def statement(self) -> int:
        name, assign = self.token, self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        if name.kind != "name" or assign.text not in ("=", "+=", "-=", "*=", "/="):
            return self.node(self.sum(), "", name.at)
        if name.text in FUNCTIONS:
            raise self.fail(f"{name.text} is a function; choose another name.")
        self.place += 2
        old = None if assign.text == "=" else self.lookup(name)
        operand = self.sum()
        if old is not None:
            operand = self.line(assign.text[0], assign, old, operand)
        index = self.node(operand, name.text, name.at)
        self.known[name.text] = index
        return index

    def node(self, operand: int | float, name: str, at: int) -> int:
        """The line of an operand: a number becomes a leaf, an unnamed line takes the name."""
        if isinstance(operand, float):
            self.tape.append(Operation(self.unused(name or "L"), "leaf", (operand,), at))
            return len(self.tape) - 1
        fresh = operand not in self.known.values() and self.tape[operand].op != "leaf"
        if name and fresh:
            self.tape[operand] = replace(self.tape[operand], name=self.unused(name))
        return operand

    def unused(self, name: str) -> str:
        """The name, primed where an earlier node has it."""
        taken = {line.name for line in self.tape}
        while name in taken:
            name += "′"
        return name

    def sum(self) -> int | float:
        left = self.product()
        while token := self.take("+", "-"):
            left = self.line(token.text, token, left, self.product())
        return left

    def product(self) -> int | float:
        left = self.sign()
        while token := self.take("*", "/"):
            left = self.line(token.text, token, left, self.sign())
        return left

    def sign(self) -> int | float:
        token = self.take("-", "+")
        if token is None:
            return self.power()
        self.deeper()
        operand = self.sign()
        self.depth -= 1
        return self.line("neg", token, operand) if token.text == "-" else operand

    def power(self) -> int | float:
        left = self.atom()
        token = self.take("**")
        if token is None:
            return left
        self.deeper()
        exponent = self.sign()
        self.depth -= 1
        if isinstance(left, int) and isinstance(exponent, int):
            sentence = "one side of ** must be a plain number; write a**b as exp(b*log(a))."
            raise self.fail(sentence, token)
        return self.line("**", token, left, exponent)

    def atom(self) -> int | float:
        operand = self.inside()
        while dot := self.take("."):
            function = self.function()
            self.expect("(")
            self.expect(")")
            operand = self.line(function, dot, operand)
        return operand

    def inside(self) -> int | float:
        """A number, a name, a call, or a sum in brackets."""
        token = self.token
        follower = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        if token.kind == "number":
            self.place += 1
            if math.isinf(float(token.text)):
                raise self.fail("this number is too large; stay under 1.8e308.", token)
            return float(token.text)
        if token.kind == "name" and (follower.text == "(" or token.text in FUNCTIONS):
            function = self.function()
            return self.line(function, token, self.bracket())
        if token.kind == "name":
            self.place += 1
            return self.lookup(token)
        if token.text == "(":
            return self.bracket()
        raise self.fail(f"found {self.found()}; write a number, a name or '(' here.")

    def bracket(self) -> int | float:
        self.expect("(")
        self.deeper()
        operand = self.sum()
        self.depth -= 1
        self.expect(")")
        return operand

    def function(self) -> str:
        token = self.token
        if token.text not in FUNCTIONS:
            raise self.fail(f"{self.found()} cannot be called; call {', '.join(FUNCTIONS)}.")
        self.place += 1
        return token.text

    def lookup(self, token: Token) -> int:
        if token.text not in self.known:
            sentence = f"{token.text} has no value yet; give it one before, as in {token.text}=1."
            raise self.fail(sentence, token)
        return self.known[token.text]

    # -- the tape ---------------------------------------------------------------------------------

    def line(self, op: str, token: Token, *operands: int | float) -> int | float:
        """A new line of the tape; numbers among themselves are computed at once."""
        if not any(isinstance(x, int) for x in operands):
            plain = Operation("", op, (0, *operands[1:]), token.at)
            return compute(self.text, plain, [Value(float(operands[0]))]).data
        made = Operation("", op, operands, token.at)
        name = self.label(written(self.tape, made).replace(" ", ""))
        self.tape.append(replace(made, name=name))
        return len(self.tape) - 1

    def label(self, text: str) -> str:
        """A name for an unnamed node: its own text, or t1, t2, ... where that is long or taken."""
        names = {token.text for token in self.tokens} | {line.name for line in self.tape}
        count = 0
        while len(text) > SHORT or text in names:
            count += 1
            text = f"t{count}"
        return text

"""Reads the short phrases of a trial file word by word: conditions, times, doses, shares."""

import re
from typing import NamedTuple, NoReturn

LONGEST_PHRASE = 2000
DEEPEST_BRACKETS = 20

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?(?![A-Za-z_]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<quoted>"[^"]*")
    | (?P<symbol>>=|<=|[<>=(),;%/-])
    )""",
    re.VERBOSE,
)


class PhraseError(ValueError):
    """A phrase that does not read: what was expected, what stands there, at which character."""

    def __init__(self, expected: str, found: str, offset: int) -> None:
        super().__init__(f"expected {expected}, found {found} at character {offset + 1}")
        self.expected, self.found, self.offset = expected, found, offset


class Token(NamedTuple):
    """One word, number, quoted text or sign of a phrase, and where it starts."""

    kind: str
    text: str
    offset: int


class Reader:
    """The words of a phrase, taken from left to right.

    >>> reader = Reader("at weeks 12, 16")
    >>> reader.take("at"), reader.take("week"), reader.take("weeks"), reader.integer()
    (True, False, True, 12)
    """

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_PHRASE:
            raise PhraseError(f"at most {LONGEST_PHRASE} characters", f"{len(text)}", 0)
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token that comes next, or the end."""
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        """Take the next token, whatever it is."""
        token = self.peek()
        self.position += 1
        return token

    def sees(self, *texts: str, ahead: int = 0) -> bool:
        """Whether one of these words or signs comes next."""
        token = self.peek(ahead)
        return token.kind in ("word", "symbol") and token.text in texts

    def take(self, *texts: str) -> bool:
        """Take these words or signs if all of them come next, in this order."""
        if all(self.sees(text, ahead=ahead) for ahead, text in enumerate(texts)):
            self.position += len(texts)
            return True
        return False

    def take_one_of(self, *texts: str) -> str | None:
        """Take the next word if it is one of these."""
        return self.next().text if self.sees(*texts) else None

    def expect(self, *texts: str) -> None:
        """Take these words or fail."""
        for text in texts:
            if not self.take(text):
                self.fail(f"'{text}'")

    def word(self, expected: str = "a name") -> str:
        """Take one word."""
        if self.peek().kind != "word":
            self.fail(expected)
        return self.next().text

    def quoted(self) -> str:
        """Take a text in double quotes, without them."""
        if self.peek().kind != "quoted":
            self.fail('text in double quotes ("...")')
        return self.next().text[1:-1]

    def number(self) -> float:
        """Take a number."""
        if self.peek().kind != "number":
            self.fail("a number")
        return float(self.next().text)

    def integer(self) -> int:
        """Take a whole number."""
        if self.peek().kind != "number" or not self.peek().text.lstrip("-").isdigit():
            self.fail("a whole number")
        return int(self.next().text)

    def enter(self) -> None:
        """Go one bracket deeper."""
        self.depth += 1
        if self.depth > DEEPEST_BRACKETS:
            self.fail(f"at most {DEEPEST_BRACKETS} nested brackets")

    def leave(self) -> None:
        """Come out of a bracket."""
        self.depth -= 1

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.peek().kind == "end"

    def expect_end(self) -> None:
        """Fail if something is left."""
        if not self.at_end():
            self.fail("the end of the phrase")

    def fail(self, expected: str) -> NoReturn:
        """Say what should have come next and what came."""
        token = self.peek()
        found = "the end" if token.kind == "end" else f"'{token.text}'"
        raise PhraseError(expected, found, token.offset)


def _tokens(text: str) -> list[Token]:
    tokens, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            offset = position + len(text[position:]) - len(text[position:].lstrip())
            raise PhraseError("a word, a number or a sign", f"'{text[offset]}'", offset)
        kind = match.lastgroup
        tokens.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "", len(text))]


def number_text(number: float) -> str:
    """A number as a person writes it.

    >>> number_text(12.0), number_text(0.5), number_text(1e6)
    ('12', '0.5', '1000000')
    """
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)

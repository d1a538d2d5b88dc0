"""The grammar of a shell script: words and operators become commands.

Not here: running them. `Parser.next_line` gives one complete command line at a time, because a
shell runs what stands before a mistake.
"""

from __future__ import annotations

from collections.abc import Callable

from edgebook.lab.hosts.shell.syntax import (
    AndOr,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Text,
    Word,
)
from edgebook.lab.hosts.shell.tokens import ASSIGNMENT, CLOSES, MAX_DEPTH, Reader
from edgebook.lab.hosts.shell.words import NAME, Cursor


class Parser(Reader):
    """Reads one script."""

    def __init__(self, text: str) -> None:
        super().__init__(Cursor(text, Parser.inside))
        self.depth = 0

    @classmethod
    def inside(cls, cursor: Cursor) -> Sequence:
        """Parse a command substitution where a cursor stands, up to and with its `)`."""
        parser = cls("")
        parser.at = cursor
        body = parser.sequence({")"})
        parser.expect(")")
        return body

    def next_line(self) -> Sequence | None:
        """Return the commands of the next line, or None at the end of the script."""
        while self.operator() == "\n":
            self.take_operator()
        if not self.at.peek():
            return None
        return self.sequence(frozenset(), one_line=True)

    def sequence(self, ends: set[str] | frozenset[str], *, one_line: bool = False) -> Sequence:
        """Parse lists up to a closing word."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.at.error("Maximum nesting exceeded")
        items: list[AndOr] = []
        ended = False
        while not ended:
            self.newlines() if not one_line else None
            word = self.keyword()
            if word in ends or (not word and not self.at.peek()):
                break
            if word in CLOSES:
                raise self.unexpected(min(ends, default=""))
            items.append(self.and_or())
            ended = self.ends_list(ends) and one_line
        self.depth -= 1
        return Sequence(tuple(items))

    def ends_list(self, ends: set[str] | frozenset[str]) -> bool:
        """Take what stands behind a list; say whether its line is over."""
        op = self.operator()
        if op and op in ";&":
            self.take_operator()
        elif op != "\n" and self.keyword() not in ends and op != ";;" and self.at.peek():
            raise self.unexpected()
        if self.operator() != "\n":
            return False
        self.take_operator()
        return True

    def body(self, *ends: str) -> Sequence:
        """Parse the commands inside a compound command; dash wants at least one."""
        found = self.sequence(set(ends))
        if not found.items:
            raise self.unexpected("" if self.keyword() else ends[0])
        return found

    def and_or(self) -> AndOr:
        """Parse pipelines joined by `&&` and `||`."""
        items = [("", self.pipeline())]
        while (op := self.operator()) in ("&&", "||"):
            self.take_operator()
            self.newlines()
            items.append((op, self.pipeline()))
        return AndOr(tuple(items), background=self.operator() == "&")

    def pipeline(self) -> Pipeline:
        """Parse stages joined by `|`."""
        negated = False
        while self.keyword() == "!":
            self.at.take()
            negated = not negated
        stages = [self.command()]
        while self.operator() == "|":
            self.take_operator()
            self.newlines()
            stages.append(self.command())
        return Pipeline(tuple(stages), negated)

    def command(self) -> Command:
        """Parse one command with the redirects behind it."""
        word = self.keyword()
        parse = self.compounds().get(word)
        if parse is None:
            if word in CLOSES or (self.operator() and word != "("):
                raise self.unexpected()
            return self.simple()
        self.take_operator() if self.operator() else self.at.take(len(word))
        body = parse()
        redirects = []
        while redirect := self.redirect():
            redirects.append(redirect)
        return Redirected(body, tuple(redirects)) if redirects else body

    def compounds(self) -> dict[str, Callable[[], Command]]:
        """Return what each opening word begins."""
        return {
            "if": self.if_,
            "while": lambda: self.loop(until=False),
            "until": lambda: self.loop(until=True),
            "for": self.for_,
            "case": self.case,
            "{": lambda: self.group("}"),
            "(": lambda: self.group(")"),
        }

    def group(self, end: str) -> Command:
        """Parse `{ …; }` or `( … )`."""
        body = self.body(end)
        self.newlines()
        self.expect(end)
        return Group(body, subshell=end == ")")

    def if_(self) -> Command:
        """Parse `if` up to its `fi`."""
        branches = []
        while True:
            condition = self.body("then")
            self.expect("then")
            branches.append((condition, self.body("elif", "else", "fi")))
            if self.keyword() != "elif":
                break
            self.expect("elif")
        otherwise = Sequence()
        if self.keyword() == "else":
            self.expect("else")
            otherwise = self.body("fi")
        self.expect("fi")
        return If(tuple(branches), otherwise)

    def loop(self, *, until: bool) -> Command:
        """Parse `while` or `until` up to its `done`."""
        condition = self.body("do")
        return Loop(condition, self.do(), until)

    def do(self) -> Sequence:
        """Parse `do … done`."""
        self.expect("do")
        body = self.body("done")
        self.expect("done")
        return body

    def for_(self) -> Command:
        """Parse `for` up to its `done`."""
        self.at.skip_blanks()
        name = self.at.match(NAME)
        if not name or self.keyword() not in ("", "in", ";", "\n", "do"):
            raise self.at.error("Syntax error: Bad for loop variable")
        self.newlines()
        words: list[Word] | None = None
        if self.keyword() == "in":
            self.expect("in")
            words = self.words()
        if self.operator() == ";":
            self.take_operator()
        return For(name, None if words is None else tuple(words), self.do())

    def words(self) -> list[Word]:
        """Parse words up to an operator."""
        found = []
        while not self.operator() and (word := self.at.word()):
            found.append(word)
        return found

    def case(self) -> Command:
        """Parse `case` up to its `esac`."""
        self.at.skip_blanks()
        word = self.at.word()
        self.expect("in")
        arms = []
        self.newlines()
        while self.keyword() != "esac":
            arms.append(self.arm())
            self.newlines()
        self.expect("esac")
        return Case(word, tuple(arms))

    def arm(self) -> tuple[tuple[Word, ...], Sequence]:
        """Parse one `pattern) body ;;`."""
        if self.operator() == "(":
            self.take_operator()
        patterns = self.words()
        while self.operator() == "|":
            self.take_operator()
            patterns.extend(self.words())
        if not patterns or self.operator() != ")":
            raise self.unexpected(")")
        self.take_operator()
        body = self.sequence({";;", "esac"})
        if self.operator() == ";;":
            self.take_operator()
        return tuple(patterns), body

    def simple(self) -> Command:
        """Parse assignments, words and redirects, or a function's definition."""
        line = self.at.line
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            self.at.skip_blanks()
            if redirect := self.redirect():
                redirects.append(redirect)
            elif not words and (name := self.at.match(ASSIGNMENT)):
                assignments.append((name[:-1], self.at.word()))
            elif word := self.at.word():
                words.append(word)
                if self.operator() == "(" and len(words) == 1 and not assignments:
                    return self.function(word)
            else:
                return self._simple(line, assignments, words, redirects)

    def _simple(
        self, line: int, assignments: list[tuple[str, Word]], words: list[Word], redirects: list[Redirect]
    ) -> Simple:
        if not (assignments or words or redirects):
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects), line)

    def function(self, word: Word) -> Command:
        """Parse what follows a function's name."""
        self.take_operator()
        self.expect(")")
        if len(word) != 1 or not isinstance(word[0], Text) or not NAME.fullmatch(word[0].text.replace("-", "_")):
            raise self.at.error("Syntax error: Bad function name")
        self.newlines()
        return Function(word[0].text, self.command())

"""The shell itself: it walks a script's tree, keeps variables and runs commands.

Not here: built-in commands (`builtin`), expansions (`expand`) and starting programs (`launch`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from edgebook.lab.hosts.call import BROKEN_PIPE
from edgebook.lab.hosts.shell import expand, simple
from edgebook.lab.hosts.shell.arithmetic import ArithmeticFailure
from edgebook.lab.hosts.shell.parser import Parser
from edgebook.lab.hosts.shell.patterns import matches
from edgebook.lab.hosts.shell.redirect import Descriptors, RedirectFailure, redirected
from edgebook.lab.hosts.shell.state import (
    Exit,
    LoopJump,
    Return,
    ShellFailure,
    ShellState,
    encoded,
)
from edgebook.lab.hosts.shell.streams import Descriptor
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
    Redirected,
    Sequence,
    ShellSyntaxError,
    Simple,
)
from edgebook.lab.hosts.streams import Pipe

if TYPE_CHECKING:
    from edgebook.lab.hosts.call import Call

MAX_CALLS = 50
"""dash allows 1000; Python's own stack allows fewer, and no script of an operator needs as many."""


@runtime_checkable
class Held(Protocol):
    """An output that stays open for as long as a background job has it."""

    def hold(self, job: asyncio.Task[Any]) -> None: ...


def _redirected(item: AndOr) -> set[int]:
    """Return the descriptors that a single command gives away as it begins; a list of several keeps them all."""
    stages = item.items[0][1].stages if len(item.items) == 1 else ()
    return {redirect.fd for redirect in getattr(stages[0], "redirects", ())} if len(stages) == 1 else set()


class Shell(ShellState):
    """One shell process."""

    def __init__(self, call: Call, *, name: str = "sh", positional: list[str] | None = None) -> None:
        super().__init__(call, name, positional or [])

    async def run_text(self, text: str) -> int:
        """Run a script and return its exit code."""
        return await self.guarded(lambda: self.run_lines(text))

    async def guarded(self, act: Callable[[], Awaitable[int]]) -> int:
        """Run something as a whole process: an exit or a fatal error ends it, and the EXIT trap runs."""
        code = await self._caught(act)
        if trap := self.traps.pop("EXIT", ""):
            self.status = code
            ended = await self._caught(lambda: self.run_lines(trap, exits=True))
            code = ended if ended >= 0 else code
        return code

    async def _caught(self, act: Callable[[], Awaitable[int]]) -> int:
        try:
            return await act()
        except (Exit, Return) as exc:
            return exc.code
        except LoopJump:
            return 0
        except BrokenPipeError:
            return BROKEN_PIPE
        except (ShellFailure, ShellSyntaxError, ArithmeticFailure, RedirectFailure) as exc:
            self.complain(str(exc), line=exc.line if isinstance(exc, ShellSyntaxError) else 0)
            return exc.code if isinstance(exc, ShellFailure) else 2

    async def run_lines(self, text: str, *, exits: bool = False) -> int:
        """Parse and run line by line; with `exits`, say -1 when the end was reached without an exit."""
        parser = Parser(text)
        self.status = self.status if exits else 0
        while (line := parser.next_line()) is not None:
            self.status = await self.sequence(line, tested=False)
        return -1 if exits else self.status

    async def sequence(self, node: Sequence, *, tested: bool) -> int:
        """Run lists one after the other."""
        for item in node.items:
            if item.background:
                self.start_background(item)
                self.status = 0
            else:
                self.status = await self.and_or(item, tested=tested)
        return self.status if node.items else 0

    def start_background(self, item: AndOr) -> None:
        """Run a list in a copy of the shell that goes on by itself."""
        copy = self.copy()
        copy.descriptors[0] = Descriptor()
        foreground = AndOr(item.items)
        job = self.start(lambda: copy.guarded(lambda: copy.and_or(foreground, tested=False)))
        for fd in (1, 2):
            writer = copy.descriptor(fd).writer
            if fd not in _redirected(foreground) and isinstance(writer, Held):
                writer.hold(job)

    async def and_or(self, node: AndOr, *, tested: bool) -> int:
        """Run pipelines as `&&` and `||` say."""
        for index, (op, pipeline) in enumerate(node.items):
            if (op == "&&" and self.status) or (op == "||" and not self.status):
                continue
            last = index == len(node.items) - 1
            self.status = await self.pipeline(pipeline, tested=tested or not last)
        return self.status

    async def pipeline(self, node: Pipeline, *, tested: bool) -> int:
        """Run stages; several run at the same time, each in a copy of the shell."""
        tested = tested or node.negated
        if len(node.stages) == 1:
            code = await self.command(node.stages[0], tested=tested)
        else:
            code = self.checked(await self._stages(node.stages, tested=tested), tested=tested)
        return int(not code) if node.negated else code

    async def _stages(self, stages: tuple[Command, ...], *, tested: bool) -> int:
        running, source = [], None
        for stage in stages:
            copy = self.copy()
            if source is not None:
                copy.descriptors[0] = Descriptor(reader=source)
            target = Pipe() if stage is not stages[-1] else None
            if target is not None:
                copy.descriptors[1] = Descriptor(writer=target)
            running.append(self._stage(copy, stage, (source, target), tested=tested))
            source = target
        return (await asyncio.gather(*running))[-1]

    async def _stage(self, copy: Shell, stage: Command, pipes: tuple[Pipe | None, Pipe | None], *, tested: bool) -> int:
        source, target = pipes
        try:
            return await copy.guarded(lambda: copy.command(stage, tested=tested))
        finally:
            if target is not None:
                target.close()
            if source is not None:
                source.drop()

    def checked(self, code: int, *, tested: bool) -> int:
        """Return a command's code, or leave the shell as `set -e` says."""
        self.status = code
        if code and "e" in self.options and not tested:
            raise Exit(code)
        return code

    async def command(self, node: Command, *, tested: bool) -> int:
        """Run one command."""
        if isinstance(node, Simple):
            return self.checked(await simple.run(self, node, tested=tested), tested=tested)
        if isinstance(node, Redirected):
            descriptors = await self.redirects(node)
            if descriptors is None:
                return self.checked(2, tested=tested)
            with self.using(descriptors):
                return await self.command(node.body, tested=tested)
        if isinstance(node, Group):
            return await self.group(node, tested=tested)
        if isinstance(node, Function):
            self.functions[node.name] = node.body
            return 0
        return await self.compound(node, tested=tested)

    async def redirects(self, node: Simple | Redirected) -> Descriptors | None:
        """Open a command's redirects; a failure is said and gives None."""
        try:
            return await redirected(self, self.files, self.descriptors, node.redirects)
        except RedirectFailure as exc:
            self.complain(str(exc))
            return None

    async def group(self, node: Group, *, tested: bool) -> int:
        """Run `{ … }` here, `( … )` in a copy."""
        if not node.subshell:
            return await self.sequence(node.body, tested=tested)
        copy = self.copy()
        return self.checked(await copy.guarded(lambda: copy.sequence(node.body, tested=tested)), tested=tested)

    async def compound(self, node: If | Loop | For | Case, *, tested: bool) -> int:
        """Run what decides or repeats."""
        if isinstance(node, If):
            for condition, body in node.branches:
                if await self.sequence(condition, tested=True) == 0:
                    return await self.sequence(body, tested=tested)
            self.status = 0
            return await self.sequence(node.otherwise, tested=tested)
        if isinstance(node, Case):
            word = await expand.string(self, node.word)
            for patterns, body in node.arms:
                for pattern in patterns:
                    if matches(await expand.pattern(self, pattern), word):
                        return await self.sequence(body, tested=tested)
            return 0
        return await (self.loop(node, tested=tested) if isinstance(node, Loop) else self.each(node, tested=tested))

    async def loop(self, node: Loop, *, tested: bool) -> int:
        """Run `while` or `until`."""
        code = 0
        while (await self.sequence(node.condition, tested=True) == 0) != node.until:
            # A loop of built-ins never waits by itself; the other stages of a pipe must get their turn.
            await asyncio.sleep(0)
            done, code = await self._turn(node.body, tested=tested)
            if done:
                break
        return code

    async def each(self, node: For, *, tested: bool) -> int:
        """Run `for`."""
        words = list(self.positional) if node.words is None else await expand.fields(self, node.words)
        code = 0
        for word in words:
            self.put(node.name, word)
            await asyncio.sleep(0)
            done, code = await self._turn(node.body, tested=tested)
            if done:
                break
        return code

    async def _turn(self, body: Sequence, *, tested: bool) -> tuple[bool, int]:
        self.loops += 1
        try:
            return False, await self.sequence(body, tested=tested)
        except LoopJump as jump:
            if jump.levels > 1 and self.loops > 1:
                raise LoopJump(jump.levels - 1, again=jump.again) from None
            return not jump.again, 0
        finally:
            self.loops -= 1

    async def substitute(self, body: Sequence) -> str:
        """Run a command substitution and return its output without the last newlines."""
        copy, kept = self.copy(), Pipe()
        copy.descriptors[1] = Descriptor(writer=kept)
        self.status = await copy.guarded(lambda: copy.sequence(body, tested=False))
        self.substituted = self.status
        return kept.taken().replace(b"\0", b"").decode(errors="surrogateescape").rstrip("\n")

    async def call_function(self, name: str, arguments: list[str], *, tested: bool) -> int:
        """Run a function with its own positional parameters and locals."""
        if self.depth >= MAX_CALLS:
            raise ShellFailure("Maximum function recursion depth (1000) reached")
        kept, self.positional = self.positional, arguments
        kept_loops, self.loops = self.loops, 0
        self.depth += 1
        self.locals.append({})
        try:
            return await self.command(self.functions[name], tested=tested)
        except Return as exc:
            return exc.code
        finally:
            self.restore_locals()
            self.positional, self.loops = kept, kept_loops
            self.depth -= 1

    @contextlib.contextmanager
    def using(self, descriptors: Descriptors) -> Iterator[None]:
        """Let other descriptors stand for a while."""
        kept, self.descriptors = self.descriptors, descriptors
        try:
            yield
        finally:
            self.descriptors = kept

    def trace(self, words: list[str]) -> None:
        """Show a command as `set -x` does."""
        if "x" in self.options:
            self.write(2, "+ " + " ".join(words) + "\n")

    def write(self, fd: int, text: str) -> None:
        """Write text to a descriptor; a closed one takes nothing."""
        self.descriptor(fd).writer.write(encoded(text))

"""Shell patterns, arithmetic, formats and conditions, each by itself."""

import pytest

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.shell.arithmetic import ArithmeticFailure, Evaluator, number
from edgebook.lab.hosts.shell.conditions import ConditionInvalid, holds
from edgebook.lab.hosts.shell.patterns import glob, matches, trim
from edgebook.lab.hosts.shell.printf import echo_escapes, formatted


@pytest.mark.parametrize(
    ("pattern", "text", "hit"),
    [
        ("*.txt", "a.txt", True),
        ("*.txt", "a.md", False),
        ("a?c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[[:digit:]]*", "7z", True),
        ("a[", "a[", True),
        ("[]]", "]", True),
        ("", "", True),
    ],
)
def test_match(pattern, text, hit):
    """Patterns match as in `case`."""
    assert hit == matches([(pattern, False)], text)


def test_quoted_pattern_is_literal():
    """A quoted star is a star."""
    assert (True, False) == (matches([("*", True)], "*"), matches([("*", True)], "a"))


@pytest.mark.parametrize(("op", "left"), [("#", "b.c.d"), ("##", "d"), ("%", "a.b.c"), ("%%", "a")])
def test_trim(op, left):
    """The shortest and the longest match are cut off either end."""
    assert left == trim("a.b.c.d", [("*." if op[0] == "#" else ".*", False)], op)


def tree():
    """Make a tree with a few files."""
    files = FileTree()
    for path in ("/d/a.x", "/d/b.x", "/d/.h", "/d/sub/c.x"):
        files.write(path, "", parents=True)
    return files


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.x", ["a.x", "b.x"]),
        ("/d/*/*.x", ["/d/sub/c.x"]),
        ("*/c.x", ["sub/c.x"]),
        ("*/nope", []),
        (".*", [".h"]),
        ("*", ["a.x", "b.x", "sub"]),
    ],
)
def test_glob(pattern, found):
    """Patterns find files; hidden ones only when asked for."""
    files = tree()
    assert found == glob([(pattern, False)], "/d", lambda path: files.listdir(path) if files.is_folder(path) else [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("-7/2", -3),
        ("-7%3", -1),
        ("1?2:3", 2),
        ("x=4", 4),
        ("y+1", 6),
        ("0x1f", 31),
        ("010", 8),
        ("1<<4|1", 17),
        ("!3", 0),
        ("", 0),
    ],
)
def test_arithmetic(text, value):
    """Expressions have C's value."""
    names = {"y": "5"}
    assert value == Evaluator(text, lambda name: names.get(name, ""), names.__setitem__).value()


@pytest.mark.parametrize("text", ["1/0", "1+", "(1", "1 2", "@", "1?2"])
def test_bad_arithmetic(text):
    """What has no value is refused."""
    with pytest.raises(ArithmeticFailure):
        Evaluator(text, lambda _: "", lambda *_: None).value()


def test_number_signs():
    """Signs stand before any base."""
    assert (-31, 8, 5) == (number("-0x1f"), number("+010"), number("5"))


@pytest.mark.parametrize(
    ("pattern", "args", "text", "wrong"),
    [
        ("%s-%s\n", ["a"], "a-\n", 0),
        ("%d", ["x"], "0", 1),
        ("%d", ["3x"], "3", 1),
        ("%5s|%-5s|", ["a", "b"], "    a|b    |", 0),
        ("%05.1f", ["3.14159"], "003.1", 0),
        ("%b", ["a\\nb\\cx"], "a\nb", 0),
        ("%*d", ["4", "7"], "   7", 0),
        ("%%%c", ["xyz"], "%x", 0),
        ("%o %X", ["8", "255"], "10 FF", 0),
        ("'%d", ["'A"], "'65", 0),
        ("%s\n", ["a", "b"], "a\nb\n", 0),
    ],
)
def test_printf(pattern, args, text, wrong):
    """Formats are filled, again while arguments are left."""
    made, errors = formatted(pattern, args)
    assert (text, wrong) == (made, len(errors))


@pytest.mark.parametrize(
    ("text", "made", "stopped"),
    [("a\\tb", "a\tb", False), ("a\\cb", "a", True), ("\\0101", "A", False), ("\\\\c", "\\c", False)],
)
def test_echo_escapes(text, made, stopped):
    """dash's echo knows these escapes."""
    assert (made, stopped) == echo_escapes(text)


@pytest.mark.parametrize(
    ("args", "true"),
    [
        (["-f", "/d/a.x"], True),
        (["-d", "/d"], True),
        (["-e", "/nope"], False),
        (["-s", "/d/a.x"], False),
        (["!", "-e", "/nope"], True),
        (["a", "=", "a", "-a", "b", "!=", "c"], True),
        (["(", "a", "=", "b", ")", "-o", "-n", "x"], True),
        (["-z", ""], True),
        (["-n"], True),
        ([], False),
        (["10", "-gt", "9"], True),
        (["-r", "/d/a.x"], True),
        (["-L", "/d/a.x"], False),
        (["/d/a.x", "-ef", "/d/../d/a.x"], True),
    ],
)
def test_condition(args, true):
    """Conditions hold as for `test`."""
    assert true == holds(args, tree())


@pytest.mark.parametrize("args", [["a", "-eq", "1"], ["a", "b"], ["1", "-foo", "2"], ["(", "a"]])
def test_bad_condition(args):
    """What is no condition is refused."""
    with pytest.raises(ConditionInvalid):
        holds(args, tree())

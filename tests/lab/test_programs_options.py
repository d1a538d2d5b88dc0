"""Options of practice programs are read as getopt_long reads them."""

import pytest

from edgebook.lab.hosts.programs.options import UsageError, amount, read_options

SHORT, LONG = "ab:c::", ("all", "size=", "sort=?", "sizes")


@pytest.mark.parametrize(
    ("args", "given", "words"),
    [
        (["-a", "x"], [("a", "")], ["x"]),
        (["x", "-a"], [("a", "")], ["x"]),
        (["-ab", "1"], [("a", ""), ("b", "1")], []),
        (["-b1"], [("b", "1")], []),
        (["-c", "x"], [("c", "")], ["x"]),
        (["-cx"], [("c", "x")], []),
        (["--size", "3"], [("size", "3")], []),
        (["--size=3"], [("size", "3")], []),
        (["--al"], [("all", "")], []),
        (["--sort", "x"], [("sort", "")], ["x"]),
        (["--", "-a"], [], ["-a"]),
        (["-"], [], ["-"]),
    ],
)
def test_read(args, given, words):
    """Short and long options, values apart and joined, words anywhere."""
    options = read_options(args, short=SHORT, long=LONG)
    assert (given, words) == (options.given, options.words)


def test_stops_at_the_first_word():
    """A program that runs another one leaves that one's options alone."""
    options = read_options(["-a", "cmd", "-a", "-z"], short=SHORT, stops=True)
    assert ([("a", "")], ["cmd", "-a", "-z"]) == (options.given, options.words)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-z"], "invalid option -- 'z'"),
        (["-b"], "option requires an argument -- 'b'"),
        (["--nope"], "unrecognized option '--nope'"),
        (["--size"], "option '--size' requires an argument"),
    ],
)
def test_refused(args, message):
    """What is no option is refused in getopt's words."""
    with pytest.raises(UsageError) as caught:
        read_options(args, short=SHORT, long=LONG)
    assert message == str(caught.value)


def test_last_value_counts():
    """Of an option given twice the last value counts, and all are there."""
    options = read_options(["-b1", "-b2", "-a"], short=SHORT)
    assert ("2", ["1", "2"], "a") == (options.value("b"), options.values("b"), options.last("a", "b"))


@pytest.mark.parametrize(("text", "size"), [("5", 5), ("2K", 2048), ("1M", 1 << 20), ("1kB", 1000), ("3MB", 3_000_000)])
def test_amount(text, size):
    """Suffixes are powers of 1024, and of 1000 with a B."""
    assert size == amount(text)


def test_amount_of_nonsense():
    """What is no number is refused."""
    with pytest.raises(UsageError):
        amount("many")

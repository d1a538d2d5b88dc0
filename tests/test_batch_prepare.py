"""Jobs from requests: everything is refused before a kernel starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgebook.batch import Request, prepare
from edgebook.errors import InputError, NotebookNotFound, ParameterInvalid, SecretUnavailable, SiteInvalid, SiteNotFound
from tests.headless import notebook, site

NOW = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with one runbook and two sites, as working folder."""
    notebook(tmp_path / "notebooks")
    site(tmp_path)
    site(tmp_path, "barn")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEBOOK_RUNS", raising=False)
    monkeypatch.delenv("EDGEBOOK_SITES", raising=False)
    return tmp_path


def asked(
    *given: str, sites: tuple[str, ...] = ("hut",), files: tuple[Path, ...] = (), apply: bool | None = None
) -> Request:
    """Ask for runs of the one runbook there is."""
    return Request("10", sites, files=files, given=given, apply=apply)


def test_a_request_becomes_a_job_with_a_run_id(book):
    """The run is named after its start and its notebook, its records after the site."""
    (job,) = prepare(asked(), now=NOW)
    assert book / "runs" / "hut" / "20260115T080000Z-10-try.jsonl" == job.file(".jsonl")


def test_values_are_converted_to_the_type_of_their_parameter(book):
    """`-p servers=5` arrives as a number."""
    (job,) = prepare(asked("servers=5"), now=NOW)
    assert {"site": "hut", "servers": 5} == job.parameters


def test_the_command_line_wins_over_files_and_later_files_over_earlier(book):
    """Precedence is file, later file, -p."""
    (book / "a.yaml").write_text("servers: 1\nmode: slow\n")
    (book / "b.yaml").write_text("mode: fast\n")
    (job,) = prepare(asked("servers=5", files=(book / "a.yaml", book / "b.yaml")), now=NOW)
    assert (5, "fast") == (job.parameters["servers"], job.parameters["mode"])


def test_a_site_in_a_file_gives_way_to_the_option(book):
    """A file written for papermill may name its site."""
    (book / "a.yaml").write_text("site: lab\n")
    (job,) = prepare(asked(files=(book / "a.yaml",)), now=NOW)
    assert "hut" == job.parameters["site"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("severs=5", "severs: there is no such parameter"),
        ("servers=many", "servers: "),
        ("servers=9", "servers: "),
        ("mode=medium", "mode: "),
        ("servers", "is not name=value"),
        ("site=barn", "use --site NAME"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(book, text, told):
    """Unknown names, wrong types, values out of range and stray words are refused."""
    with pytest.raises(ParameterInvalid, match=told):
        prepare(asked(text), now=NOW)


def test_all_wrong_parameters_are_reported_at_once(book):
    """Two mistakes are two problems of one error."""
    with pytest.raises(ParameterInvalid) as caught:
        prepare(asked("servers=9", "mode=medium"), now=NOW)
    assert 2 == len(caught.value.problems)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "\x00"])
def test_a_parameter_file_that_is_no_mapping_is_refused(book, text):
    """A list, broken YAML or binary rubbish is an error that names the file."""
    (book / "a.yaml").write_text(text)
    with pytest.raises(ParameterInvalid, match=r"a\.yaml"):
        prepare(asked(files=(book / "a.yaml",)), now=NOW)


def test_a_parameter_file_that_is_not_there_is_refused(book):
    """A missing file is bad input, not a traceback."""
    with pytest.raises(ParameterInvalid, match="No such file"):
        prepare(asked(files=(book / "gone.yaml",)), now=NOW)


def test_an_empty_parameter_file_gives_no_values(book):
    """A file with comments only is fine."""
    (book / "a.yaml").write_text("# nothing yet\n")
    (job,) = prepare(asked(files=(book / "a.yaml",)), now=NOW)
    assert {"site": "hut"} == job.parameters


def test_apply_is_given_to_the_notebook_only_when_it_was_said(book):
    """Without --apply the site decides."""
    said = [prepare(asked(apply=apply), now=NOW)[0].parameters.get("apply") for apply in (None, True, False)]
    assert [None, True, False] == said


def test_a_notebook_that_knows_no_apply_is_not_planned(book):
    """A plan of a notebook without `apply` would run it for real, so it is refused."""
    notebook(book / "notebooks", parameters='site: str = "hut"')
    with pytest.raises(ParameterInvalid, match="apply: is no parameter of this notebook"):
        prepare(asked(apply=False), now=NOW)


def test_one_job_for_each_site_and_none_twice(book):
    """Sites are run in the order given, a site named twice once."""
    jobs = prepare(asked(sites=("barn", "hut", "barn")), now=NOW)
    assert ["barn", "hut"] == [job.site_name for job in jobs]


def test_one_wrong_site_stops_all(book):
    """No job is made when one site is not found."""
    with pytest.raises(SiteNotFound):
        prepare(asked(sites=("hut", "nowhere")), now=NOW)


def test_a_site_with_mistakes_is_refused(book):
    """site.yaml is checked before anything starts."""
    (book / "parameters" / "hut" / "site.yaml").write_text("schema: 1\nname: hut\n")
    with pytest.raises(SiteInvalid):
        prepare(asked(), now=NOW)


def test_an_unknown_notebook_is_refused(book):
    """A wrong notebook name is bad input."""
    with pytest.raises(NotebookNotFound):
        prepare(Request("77", ["hut"]), now=NOW)


def test_a_second_run_in_the_same_second_has_another_id(book):
    """The record of a run is never overwritten by another run's."""
    first = prepare(asked(), now=NOW)[0]
    first.file(".jsonl").parent.mkdir(parents=True)
    first.file(".jsonl").touch()
    assert "20260115T080000Z-10-try-2" == prepare(asked(), now=NOW)[0].run_id


def test_the_run_id_of_a_fixed_clock_is_fixed(book):
    """A reproducible site names its runs after its own clock."""
    path = book / "parameters" / "hut" / "site.yaml"
    path.write_text(path.read_text() + "fixed_clock: 2026-02-01T00:00:00Z\n")
    assert "20260201T000000Z-10-try" == prepare(asked(), now=NOW)[0].run_id


def test_all_wrong_sites_are_reported_at_once(book):
    """Two sites that are not there are named in one error."""
    with pytest.raises(InputError) as caught:
        prepare(asked(sites=("here", "there", "hut")), now=NOW)
    assert [True, True] == [f"no site '{name}'" in caught.value.message for name in ("here", "there")]


def test_two_sites_of_one_name_are_refused(book):
    """The records of two sites never get mixed up."""
    site(book / "elsewhere")
    with pytest.raises(InputError, match="more than one of the sites is named hut"):
        prepare(asked(sites=("hut", "elsewhere/parameters/hut")), now=NOW)


def test_a_secret_to_be_typed_is_asked_for_before_the_run(book, monkeypatch):
    """A headless kernel cannot ask, so a person is asked now, once for each secret."""
    path = book / "parameters" / "hut" / "site.yaml"
    path.write_text(path.read_text().replace("user: edge,", "user: edge, passphrase: 'prompt:key passphrase',"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: "typed-by-a-person")
    (job,) = prepare(asked(), now=NOW)
    assert {"prompt:key passphrase": "typed-by-a-person"} == job.answers


def test_a_secret_to_be_typed_is_refused_where_nobody_sits(book, monkeypatch):
    """Without a terminal the error names the secret and the way out."""
    path = book / "parameters" / "hut" / "site.yaml"
    path.write_text(path.read_text().replace("user: edge,", "user: edge, passphrase: 'prompt:key passphrase',"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(SecretUnavailable, match="prompt:key passphrase has to be typed"):
        prepare(asked(), now=NOW)


def test_a_job_shows_no_answer(book):
    """The repr of a job holds no secret."""
    (job,) = prepare(asked(), now=NOW)
    assert "typed" not in repr(replace(job, answers={"prompt:x": "typed"}))

"""What was on a host before: read from the host, kept in the journal, read back."""

from datetime import UTC, datetime

from edgebook.journal import Event
from edgebook.k3s import former

RECORD = """\
machine 4106e7a5
installed no
unit LoadState=loaded
unit ActiveState=active
unit UnitFileState=disabled
sysctl net/ipv4/ip_forward 0
rule filter -A INPUT -p udp -m comment --comment flannel -j ACCEPT
package keepalived
package libnl-3-200
entry d 755 root:root - - /etc/rancher
entry f 640 edge:edge 1 aa11 /etc/rancher/k3s/a name with blanks.yaml
entry l 777 root:root 2 bb22 /usr/local/bin/kubectl
entry torn
"""


def seen():
    """Read the record above."""
    return former.parse(RECORD.splitlines())


def event(kind, name, **facts):
    """Make an event of a step."""
    return Event(kind, datetime(2026, 1, 15, tzinfo=UTC), "r", {"id": name, **facts})


def test_a_record_is_read_as_it_lies_on_a_host():
    """Units, parameters, rules, packages and entries are there; a torn line is left out."""
    found = seen()
    assert ("4106e7a5", False, True, False) == (found.machine, found.installed, found.ran, found.enabled)
    assert {"net/ipv4/ip_forward": "0"} == found.sysctl
    assert ("keepalived", "libnl-3-200") == found.packages
    assert ["/etc/rancher", "/etc/rancher/k3s/a name with blanks.yaml", "/usr/local/bin/kubectl"] == list(found.entries)
    assert ["1", "2"] == [entry.copy for entry in found.kept]


def test_no_record_is_none():
    """A host that edgebook never changed has nothing to read."""
    assert former.parse([]) is None


def test_the_journal_keeps_everything_but_digests():
    """What the journal gives back is the record without a trace of any file's content."""
    facts = seen().facts()
    assert "aa11" not in str(facts)
    back = former.from_facts(facts)
    assert facts == back.facts()
    assert all(entry.like(back.entries[path]) for path, entry in seen().entries.items())


def test_entries_differ_by_kind_owner_mode_and_content():
    """A changed mode, owner, kind or digest is another entry; an unknown digest says nothing."""
    one = former.Entry("f", "640", "edge:edge", "/x", "1", "aa")
    assert one.like(former.Entry("f", "640", "edge:edge", "/x"))
    assert not one.like(None)
    for other in (("l", "640", "edge:edge"), ("f", "600", "edge:edge"), ("f", "640", "root:root")):
        assert not one.like(former.Entry(*other, "/x"))
    assert not one.like(former.Entry("f", "640", "edge:edge", "/x", "", "bb"))


def test_a_links_mode_means_nothing():
    """Links have no mode of their own."""
    assert former.Entry("l", "777", "root:root", "/x").like(former.Entry("l", "755", "root:root", "/x"))


def test_a_folder_comes_with_what_is_below_it():
    """The folder first, and none of a similar name."""
    entries = {path: former.Entry("d", "755", "root:root", path) for path in ("/etc/k", "/etc/k/a", "/etc/kk")}
    assert ["/etc/k", "/etc/k/a"] == [entry.path for entry in former.Former(entries=entries).below("/etc/k")]


def test_the_last_record_of_a_host_counts():
    """A later install records anew."""
    first, second = ({**seen().facts(), "machine": name} for name in ("a", "b"))
    events = [event("done", "before/s1/record", facts=first), event("already", "before/s1/record", facts=second)]
    assert "b" == former.recorded(events, "s1").machine
    assert former.recorded(events, "s2") is None


def test_a_record_is_spent_when_the_way_back_was_gone_to_its_end():
    """After edgebook's folder went, whatever lies on the host is somebody else's."""
    record = event("done", "before/s1/record", facts=seen().facts())
    for end in ("files-back/s1/files", "removal/s1/files"):
        assert former.recorded([record, event("done", end)], "s1") is None
    assert former.recorded([record, event("failed", "files-back/s1/files")], "s1")
    assert former.recorded([event("done", "files-back/s1/files"), record], "s1")


def test_a_record_of_another_machine_is_none():
    """A host that was installed anew under its old name has no record."""
    events = [event("done", "before/s1/record", facts=seen().facts())]
    assert former.recorded(events, "s1", machine="4106e7a5")
    assert former.recorded(events, "s1", machine="other") is None


def test_a_step_is_recent_until_its_way_back():
    """Beginnings count too, because a run may be killed in between."""
    began, done, back = event("began", "x"), event("done", "x"), event("done", "y")
    assert [began, done] == former.recent([began, done], "x", until="y")
    assert [began] == former.recent([began, done, back, began], "x", until="y")
    assert [] == former.recent([began, done, back], "x", until="y")


def test_parents_are_named_the_nearest_first():
    """The root is nobody's to remove."""
    assert ["/a/b", "/a"] == list(former.parents("/a/b/c"))

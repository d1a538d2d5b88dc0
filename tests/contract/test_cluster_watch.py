"""Watching: what comes first, what follows, and how it ends."""

from tests.contract.cluster import METADATA, TABLE, config

JSON_STREAM = "application/json"


def told(events):
    """Return type and name of each event."""
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def labelled(name, label):
    """Describe a ConfigMap with a label."""
    return {"metadata": {"name": name, "labels": {"watch": label}}}


def version(cluster, space):
    """Return the version of everything now."""
    return cluster.get(f"{space.core}/configmaps").body["metadata"]["resourceVersion"]


def test_changes_since_a_version(cluster, space):
    """From a version on, every change comes in order."""
    path, since = f"{space.core}/configmaps", version(cluster, space)
    cluster.make(path, config("seen", a="1"))
    cluster.patch(f"{path}/seen", {"data": {"a": "2"}})
    cluster.delete(f"{path}/seen")
    events = cluster.watch(f"{path}?resourceVersion={since}&fieldSelector=metadata.name%3Dseen")
    assert [("ADDED", "seen"), ("MODIFIED", "seen"), ("DELETED", "seen")] == told(events)
    assert ["1", "2", "2"] == [event["object"]["data"]["a"] for event in events]


def test_the_last_state_has_its_own_version(cluster, space):
    """A deleted object carries the version of its deletion."""
    path, since = f"{space.core}/configmaps", version(cluster, space)
    made = cluster.make(path, config("gone"))["metadata"]["resourceVersion"]
    cluster.delete(f"{path}/gone")
    *_, last = cluster.watch(f"{path}?resourceVersion={since}&fieldSelector=metadata.name%3Dgone")
    assert int(made) < int(last["object"]["metadata"]["resourceVersion"])


def test_without_a_version_what_is_there_comes_first(cluster, space):
    """A watch from nowhere begins with ADDED for everything."""
    cluster.make(f"{space.core}/configmaps", labelled("there", "first"))
    events = cluster.watch(f"{space.core}/configmaps?labelSelector=watch%3Dfirst")
    assert [("ADDED", "there")] == told(events)


def test_leaving_a_selection_is_a_deletion(cluster, space):
    """An object whose label changes away is DELETED for who selects by it."""
    path = f"{space.core}/configmaps"
    since = cluster.make(path, labelled("moved", "here"))["metadata"]["resourceVersion"]
    cluster.patch(f"{path}/moved", {"metadata": {"labels": {"watch": "there"}}})
    assert [("DELETED", "moved")] == told(cluster.watch(f"{path}?labelSelector=watch%3Dhere&resourceVersion={since}"))


def test_entering_a_selection_is_an_addition(cluster, space):
    """An object whose label changes to it is ADDED."""
    path = f"{space.core}/configmaps"
    since = cluster.make(path, labelled("mover", "out"))["metadata"]["resourceVersion"]
    cluster.patch(f"{path}/mover", {"metadata": {"labels": {"watch": "in"}}})
    assert [("ADDED", "mover")] == told(cluster.watch(f"{path}?labelSelector=watch%3Din&resourceVersion={since}"))


def test_bookmarks_come_when_asked(cluster, space):
    """The streamed list ends with a bookmark that says so."""
    cluster.make(f"{space.core}/configmaps", labelled("listed", "streamed"))
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=watch%3Dstreamed"
    if cluster.get(f"{space.core}/configmaps?{query}&watch=1&timeoutSeconds=1&resourceVersion=1").code == 422:
        return  # 1.31 has WatchList switched off by default
    events = cluster.watch(f"{space.core}/configmaps?{query}", until=lambda event: event["type"] != "ADDED")
    if "ERROR" == events[0]["type"]:
        return  # etcd before 3.5 cannot say how far it is
    assert [("ADDED", "listed"), ("BOOKMARK", "")] == told(events)
    mark = events[-1]["object"]
    assert {"k8s.io/initial-events-end": "true"} == mark["metadata"]["annotations"]
    assert ("ConfigMap", "v1") == (mark["kind"], mark["apiVersion"])


def test_initial_events_need_a_match(cluster, space):
    """sendInitialEvents without resourceVersionMatch is 422."""
    answer = cluster.get(f"{space.core}/configmaps?watch=1&sendInitialEvents=true")
    assert (422, "Invalid") == (answer.code, answer.reason)
    assert (
        "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        in answer.message
    )


def test_a_version_from_long_ago(cluster, space):
    """A version nobody remembers is an ERROR event with 410 Expired, or a 410."""
    events = cluster.watch(f"{space.core}/configmaps?resourceVersion=1")
    if not events or events[0]["type"] != "ERROR":
        return  # a young cluster remembers everything
    assert (410, "Expired") == (events[0]["object"]["code"], events[0]["object"]["reason"])
    assert events[0]["object"]["message"].startswith("too old resource version: 1 (")


def test_a_watch_ends_in_time(cluster, space):
    """timeoutSeconds ends the stream, without an error."""
    assert [] == cluster.watch(
        f"{space.core}/configmaps?labelSelector=no%3Dbody&resourceVersion={version(cluster, space)}"
    )


def test_one_object_can_be_watched(cluster, space):
    """A field selector by name watches one."""
    cluster.make(f"{space.core}/configmaps", config("one"))
    cluster.make(f"{space.core}/configmaps", config("other"))
    events = cluster.watch(f"{space.core}/configmaps?fieldSelector=metadata.name%3Done")
    assert [("ADDED", "one")] == told(events)


def test_watch_as_table(cluster, space):
    """Each event is a Table of one row; the first has the columns."""
    cluster.make(f"{space.core}/configmaps", labelled("tabled1", "table"))
    cluster.make(f"{space.core}/configmaps", labelled("tabled2", "table"))
    first, second = cluster.watch(f"{space.core}/configmaps?labelSelector=watch%3Dtable", accept=TABLE)
    assert ["Table", "Table"] == [event["object"]["kind"] for event in (first, second)]
    assert ["Name", "Data", "Age"] == [column["name"] for column in first["object"]["columnDefinitions"]]
    assert second["object"]["columnDefinitions"] is None


def test_watch_of_metadata(cluster, space):
    """Each event is a PartialObjectMetadata."""
    cluster.make(f"{space.core}/configmaps", labelled("thin", "thin"))
    (event,) = cluster.watch(f"{space.core}/configmaps?labelSelector=watch%3Dthin", accept=METADATA)
    assert "PartialObjectMetadata" == event["object"]["kind"]


def test_streams_are_chunked_json(cluster, space):
    """A watch says its type and its length not."""
    url = f"{cluster.url}{space.core}/configmaps?watch=1&timeoutSeconds=1"
    response = cluster.http.request("GET", url, headers={"Accept": JSON_STREAM}, preload_content=False)
    headers = dict(response.headers)
    response.close()
    assert ("application/json", "chunked") == (headers["Content-Type"], headers["Transfer-Encoding"])

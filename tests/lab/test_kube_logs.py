"""pods/log: which container, which lines, and the kubelet's refusals."""

from datetime import timedelta

import pytest

from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.kubelet.podlogs import log_of
from edgebook.lab.kube.logs import run_of
from tests import kubeapi
from tests.kubeapi import pod
from tests.lab.kubelets import NOW, Node

PODS = "/api/v1/namespaces/default/pods"
LINES = "default/x/main\nsecond\nthird\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """An API with a pod that has printed three lines."""
    with kubeapi.running(tmp_path_factory.mktemp("logs")) as found:
        found.create("pods", pod("x", on="a1"), pod("lazy"))
        two = pod("two", on="a1")
        two["spec"]["containers"].append({"name": "other", "image": "nginx"})
        two["spec"]["initContainers"] = [{"name": "first", "image": "nginx"}]
        found.create("pods", two)
        yield found


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", LINES),
        ("tailLines=1", "third\n"),
        ("tailLines=0", ""),
        ("tailLines=9", LINES),
        ("limitBytes=7", "default"),
        ("sinceTime=2026-01-15T08:00:01Z", "second\nthird\n"),
        ("sinceTime=2026-01-15T08:00:01Z&tailLines=1", "third\n"),
        ("tailLines=1&timestamps=true", "2026-01-15T08:00:02.000000000Z third\n"),
        ("previous=true&tailLines=3&limitBytes=18", "default/x/previous"),
        ("follow=true", LINES),
        ("follow=true&limitBytes=20&tailLines=2", "second\nthird\n"),
        ("sinceSeconds=1", ""),
    ],
)
def test_lines_are_chosen(api, query, text):
    """By number, by size, by time; whole, and followed to the end."""
    assert (200, text) == api.ask("GET", f"{PODS}/x/log?{query}")


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("tailLines=-1", 422, 'PodLogOptions "x" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'),
        ("limitBytes=0", 422, 'PodLogOptions "x" is invalid: limitBytes: Invalid value: 0: must be greater than 0'),
        ("sinceSeconds=0", 422, 'PodLogOptions "x" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'),
        ("tailLines=many", 400, 'strconv.ParseInt: parsing "many": invalid syntax'),
        ("container=y", 400, "container y is not valid for pod x"),
    ],
)  # fmt: skip
def test_options_are_checked(api, query, code, words):
    """Numbers that make no sense are refused, and so are containers that are not there."""
    status, body = api.ask("GET", f"{PODS}/x/log?{query}")
    assert (code, words) == (status, body["message"])


def test_two_times_exclude_each_other(api):
    """One beginning is enough."""
    status, body = api.ask("GET", f"{PODS}/x/log?sinceSeconds=5&sinceTime=2026-01-15T08:00:01Z")
    assert (422, True) == (status, "at most one of `sinceTime` or `sinceSeconds`" in body["message"])


def test_a_container_must_be_named(api):
    """Of several, init containers among them."""
    status, body = api.ask("GET", f"{PODS}/two/log")
    words = "a container name must be specified for pod two, choose one of: [first main other]"
    assert (400, words, 200) == (status, body["message"], api.ask("GET", f"{PODS}/two/log?container=first")[0])


def test_a_pod_without_a_node_has_no_log(api):
    """Nothing, and no error."""
    assert (204, "") == api.ask("GET", f"{PODS}/lazy/log")


# The kubelet's side


def shell(text):
    """Return a container's fields that run a script."""
    return {"image": "busybox:1.36", "command": ["sh", "-c", text]}


def log(node, name, *, previous=False):
    """Return a log of a pod's container."""
    found = node.store.get("pods", name)
    life = node.worker.lives[found["metadata"]["uid"]]
    return log_of(life, node.machine, found, "main", previous=previous)


def test_lines_come_with_time():
    """What was printed up to now, each line with its time; more later."""
    node = Node()
    node.run("clock", **shell("while true; do echo tick; sleep 5; done"))
    node.pass_s(20)
    found = log(node, "clock")
    before = found.entries()
    assert timedelta(seconds=5) <= before[1].at - before[0].at < timedelta(seconds=6)
    assert NOW < before[0].at
    node.machine.now_s += 20
    assert (4, False) == (len(found.entries()) - len(before), found.ended)


def test_a_log_ends_with_its_run():
    """Nothing comes after the end, and the end is seen at once."""
    node = Node()
    node.run("job", spec={"restartPolicy": "Never"}, **shell("echo one; sleep 3; echo two"))
    node.pass_s(30)
    found = log(node, "job")
    assert (["one", "two"], True) == ([entry.text for entry in found.entries()], found.ended)


def test_a_date_is_the_lines_own():
    """`date` prints when it was asked."""
    node = Node()
    node.run("job", spec={"restartPolicy": "Never"}, **shell("date"))
    node.pass_s(9)
    (entry,) = log(node, "job").entries()
    assert f"{entry.at:%a %b %d %H:%M:%S} UTC 2026" == entry.text


def test_the_previous_run_is_kept():
    """Of a container that was started again."""
    node = Node()
    node.run("crash", **shell("echo gone; sleep 1; exit 1"))
    node.pass_s(16)
    assert ["gone"] == [entry.text for entry in log(node, "crash", previous=True).entries()]


@pytest.mark.parametrize(
    ("status", "previous", "words"),
    [
        ({}, False, 'container "main" in pod "x" is not available'),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, False,
         'container "main" in pod "x" is waiting to start: ContainerCreating'),
        ({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, False,
         'container "main" in pod "x" is waiting to start: trying and failing to pull image'),
        ({"state": {"waiting": {"reason": "ErrImagePull"}}}, False,
         'container "main" in pod "x" is waiting to start: image can\'t be pulled'),
        ({"state": {"running": {}}, "containerID": "c://1"}, True,
         'previous terminated container "main" in pod "x" not found'),
    ],
)  # fmt: skip
def test_there_is_no_log(status, previous, words):
    """The kubelet says why."""
    shown = [{"name": "main", **status}] if status else []
    with pytest.raises(ApiError) as caught:
        run_of({"metadata": {"name": "x"}, "status": {"containerStatuses": shown}}, "main", previous=previous)
    assert (400, words) == (caught.value.code, caught.value.message)

"""What containers do: scripts, known images, and the names of images."""

import itertools

import pytest

from edgebook.lab.kube.kubelet import catalogue, references
from edgebook.lab.kube.kubelet.programs import program
from edgebook.lab.kube.kubelet.script import Run

FOREVER_S = float("inf")


def play(text, *, steps=400, **variables):
    """Return what a script prints, and its code; None when it goes on."""
    found = list(itertools.islice(Run(variables).play(text), steps))
    code = found[-1].code if found[-1].what == "end" else None
    return [step.text for step in found if step.what == "print"], code


@pytest.mark.parametrize(
    ("text", "lines", "code"),
    [
        ("echo hello", ["hello"], 0),
        ("echo one; echo two && exit 3; echo three", ["one", "two"], 3),
        ("false || echo saved", ["saved"], 0),
        ("for i in 1 2 3; do echo $i; done", ["1", "2", "3"], 0),
        ("for i in $(seq 2); do echo n$i; done", ["n1", "n2"], 0),
        ("i=0; while [ $i -lt 2 ]; do echo $i; i=$((i+1)); done", ["0", "1"], 0),
        ("if [ -f /x ]; then echo yes; else echo no; fi", ["no"], 0),
        ("touch /x; test -f /x && echo there", ["there"], 0),
        ("touch /x; rm -f /x; cat /x", ["cat: can't open '/x': No such file or directory"], 1),
        ("echo $GREETING ${NAME:-you}", ["hello you"], 0),
        ("echo quiet > /dev/null", [], 0),
        ("printf '%s-%s\\n' a b", ["a-b"], 0),
        ("echo one\necho two\n", ["one", "two"], 0),
        ("[ -f ] && echo odd", [], 1),
        ("until true; do echo never; done", [], 0),
        ("my-own-program --flag", [], 0),
        ("echo 'unfinished", ["sh: Syntax error: Unterminated quoted string"], 2),
    ],
)
def test_scripts(text, lines, code):
    """What a person types into a manifest is followed line by line."""
    assert (lines, code) == play(text, GREETING="hello")


def test_a_loop_goes_on():
    """A loop without an end is followed as far as anybody looks."""
    lines, code = play("while true; do echo tick; sleep 5; done")
    assert (None, True) == (code, len(lines) > 100)


def test_a_busy_loop_ends_the_look():
    """A loop that does nothing takes time all the same."""
    found = program({"image": "busybox", "command": ["sh", "-c", "while true; do true; done"]})
    found.look(3.0)
    assert found.ended is None


def test_sleeping_takes_time():
    """Lines come when they are printed, and the end after them."""
    found = program({"image": "busybox", "command": ["sh", "-c", "echo a; sleep 10; echo b; exit 4"]})
    found.look(5.0)
    assert (["a"], None) == ([line.text for line in found.lines], found.ended)
    found.look(11.0)
    assert (["a", "b"], 4) == ([line.text for line in found.lines], found.ended.code)


@pytest.mark.parametrize(
    ("container", "ends", "code"),
    [
        ({"image": "nginx:1.27"}, False, 0),
        ({"image": "example.com/mine:1"}, False, 0),
        ({"image": "example.com/mine:1", "command": ["/serve"]}, False, 0),
        ({"image": "busybox"}, True, 0),
        ({"image": "busybox", "stdin": True}, False, 0),
        ({"image": "busybox", "args": ["sleep", "3600"]}, False, 0),
        ({"image": "busybox", "command": ["false"]}, True, 1),
        ({"image": "hello-world"}, True, 0),
        ({"image": "perl:5.34", "command": ["perl", "-e", "print 1"]}, True, 0),
        ({"image": "mysql:8"}, True, 1),
        ({"image": "mysql:8", "env": [{"name": "MYSQL_ROOT_PASSWORD", "value": "x"}]}, False, 0),
        ({"image": "mysql:8", "envFrom": [{"secretRef": {"name": "db"}}]}, False, 0),
    ],
)
def test_how_containers_end(container, ends, code):
    """Known images do what they do, unknown ones run."""
    found = program(container)
    found.look(60.0)
    assert (ends, code) == (found.ended is not None, found.ended.code if found.ended else 0)


HELM = "rancher/klipper-helm:v0.9.5-build20250306"
NO_DNS = "dial tcp: lookup charts.example.com: Try again"
FROM_REPO = [{"name": "REPO", "value": "https://charts.example.com/"}, {"name": "CHART", "value": "web/web"}]
FROM_SERVER = [{"name": "REPO", "value": ""}, {"name": "CHART", "value": "https://%{KUBERNETES_API}%/static/a.tgz"}]


@pytest.mark.parametrize(
    ("env", "problem", "code", "said"),
    [
        (FROM_REPO, "", 0, "Installed successfully"),
        (FROM_REPO, NO_DNS, 1, f'cannot be reached: Get "https://charts.example.com/index.yaml": {NO_DNS}'),
        (FROM_SERVER, NO_DNS, 0, "Installed successfully"),
    ],
)
def test_a_chart_is_installed_where_its_repository_is_reached(env, problem, code, said):
    """Its arguments go to helm; charts that the server itself hands out need no way outside."""
    found = program({"image": HELM, "args": ["install"], "env": env}, lambda _: problem)
    found.look(60.0)
    assert found.ended is not None
    assert (code, True) == (found.ended.code, found.lines[-1].text.endswith(said))


@pytest.mark.parametrize(
    ("image", "port", "path", "wanted"),
    [
        ("nginx:1.27", 80, "/", (True, 200)),
        ("nginx:1.27", 8080, "/nope", (False, 404)),
        ("example.com/mine", 8080, "/healthz", (True, 200)),
        ("stefanprodan/podinfo:6", 9898, "/readyz", (True, 200)),
    ],
)
def test_where_they_listen(image, port, path, wanted):
    """Known images listen where they do, unknown ones wherever they are asked."""
    found = program({"image": image})
    assert wanted == (found.listens(port, 10.0), found.page(path))
    assert not found.listens(port, 0.1)


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("rancher/klipper-lb:v0.4.13", "docker.io/rancher/klipper-lb:v0.4.13"),
        ("registry.local:5000/app", "registry.local:5000/app:latest"),
        ("localhost/app:1", "localhost/app:1"),
        ("ghcr.io/a/b@sha256:" + "0" * 64, "ghcr.io/a/b@sha256:" + "0" * 64),
    ],
)
def test_names_are_written_out(image, full):
    """containerd's names say everything."""
    assert full == str(references.parse(image))


@pytest.mark.parametrize(
    ("image", "valid"), [("nginx:1.27", True), ("Nginx", False), ("a//b", False), ("a:b:c", False)]
)
def test_names_are_checked(image, valid):
    """Capitals and empty parts name no image."""
    assert valid == references.is_valid(image)


@pytest.mark.parametrize(
    ("image", "there"),
    [("nginx:1.27", True), ("nginx:alpine", True), ("nginx:nonsense", False), ("example.com/a:nonsense", True),
     ("busybox:1.36", True), ("busybox:1.36.1-musl", True), ("redis:no-such-tag", False)],
)  # fmt: skip
def test_tags_are_published_or_not(image, there):
    """Of known images a wrong tag is not found."""
    assert there == catalogue.is_published(image)


def test_the_catalogue_can_be_read():
    """Every entry's patterns compile, and its own program ends or goes on as it says."""
    for image in catalogue.IMAGES:
        assert catalogue.re.compile(image.name)
        assert catalogue.re.compile(image.tags)
        assert image.runs_s in (FOREVER_S, 0.0) or image.runs_s > 0

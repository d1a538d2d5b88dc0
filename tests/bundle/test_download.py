"""One download: whole or not at all, resumed where it broke, verified, with bounded retries."""

import hashlib
import json
import os
from types import SimpleNamespace

import pytest

from edgebook.bundle import download
from edgebook.bundle.download import Download
from edgebook.bundle.sums import Sum
from edgebook.bundle.web import Web
from edgebook.errors import DownloadFailed

PATH = "/release/k3s"
BODY = os.urandom(300_000)
HALF = len(BODY) // 2
SUM = Sum("sha256", hashlib.sha256(BODY).hexdigest(), "sums.txt")


@pytest.fixture
def web():
    """Connections that are closed at the end."""
    with Web(at_once=2) as web:
        yield web


@pytest.fixture
def get(web, upstream, tmp_path):
    """Return a function that downloads the file, with no pause between tries."""
    upstream.files[PATH] = BODY

    def run(wanted=SUM, path=PATH, **options):
        return Download(web, upstream.url + path, tmp_path / "out" / "k3s", wanted, pause_s=0.0, **options).run()

    return run


@pytest.fixture
def out(tmp_path):
    """The folder it goes to."""
    return tmp_path / "out"


def left(out):
    """Return the names in the folder."""
    return sorted(path.name for path in out.iterdir())


def test_a_file_arrives_with_its_sums(get, out, upstream):
    """The file has its name and content, and nothing else is left."""
    assert hashlib.sha256(BODY).hexdigest() == get().digest()
    assert BODY == (out / "k3s").read_bytes()
    assert ["k3s"] == left(out)
    assert [(PATH, "")] == upstream.asked


def test_progress_is_told(get):
    """From nothing to all of it, with the size that the server says."""
    told = []
    get(progress=lambda done, total: told.append((done, total)))
    assert ((0, len(BODY)), (len(BODY), len(BODY))) == (told[0], told[-1])
    assert sorted(told) == told


def test_an_empty_file_arrives(get, out, upstream):
    """No bytes are a file too."""
    upstream.files[PATH] = b""
    get(None)
    assert b"" == (out / "k3s").read_bytes()


def test_a_broken_connection_goes_on_where_it_broke(get, out, upstream):
    """Each next request asks for the rest only."""
    upstream.breaks[PATH] = [HALF, 1000]
    get()
    assert BODY == (out / "k3s").read_bytes()
    assert ["", f"bytes={HALF}-", f"bytes={HALF + 1000}-"] == [asked for _, asked in upstream.asked]


def test_a_later_run_goes_on_too(get, out, upstream):
    """What one run brought before it gave up is kept for the next one."""
    upstream.breaks[PATH] = [HALF, *[0] * (download.TRIES)]
    with pytest.raises(DownloadFailed, match="in a row"):
        get()
    assert ["k3s.part", "k3s.part.json"] == left(out)
    upstream.asked.clear()
    get()
    assert [f"bytes={HALF}-"] == [asked for _, asked in upstream.asked]
    assert BODY == (out / "k3s").read_bytes()


def test_tries_that_bring_something_are_not_counted(get, out, upstream):
    """A link that breaks more often than it is tried in vain gets there."""
    upstream.breaks[PATH] = [10_000] * (download.TRIES * 4)
    get()
    assert BODY == (out / "k3s").read_bytes()


def test_a_file_that_changed_between_two_parts_is_fetched_anew(get, out, upstream):
    """With another ETag the server sends all of it, and the first part is forgotten."""
    old = os.urandom(len(BODY))
    upstream.files[PATH] = old
    upstream.breaks[PATH] = [HALF, *[0] * download.TRIES]
    with pytest.raises(DownloadFailed):
        get(None)
    upstream.files[PATH] = BODY
    get()
    assert BODY == (out / "k3s").read_bytes()


def test_a_server_that_mixes_two_files_is_found_out(get, out, upstream):
    """Where a server continues another file than it began, the sum tells, and all of it is fetched once more."""
    upstream.files[PATH] = os.urandom(len(BODY))
    upstream.breaks[PATH] = [HALF, *[0] * download.TRIES]
    upstream.ignores_if_range = True
    with pytest.raises(DownloadFailed):
        get(None)
    upstream.files[PATH] = BODY
    get()
    assert BODY == (out / "k3s").read_bytes()
    assert "" == upstream.asked[-1][1]


@pytest.mark.parametrize("tags", ["weak", "none"])
def test_without_a_strong_tag_nothing_is_continued(get, out, upstream, tags):
    """Where nothing tells one state of the file from another, a broken download begins anew."""
    upstream.tags = tags
    upstream.breaks[PATH] = [HALF]
    get()
    assert ["", ""] == [asked for _, asked in upstream.asked]
    assert BODY == (out / "k3s").read_bytes()


def test_a_date_identifies_a_file_too(get, out, upstream):
    """Last-Modified stands in where there is no ETag."""
    upstream.tags = "date"
    upstream.breaks[PATH] = [HALF]
    get()
    assert f"bytes={HALF}-" == upstream.asked[-1][1]
    assert upstream.tag(PATH)["Last-Modified"] == upstream.headers[-1]["If-Range"]


def test_a_server_without_ranges_sends_it_all_again(get, out, upstream):
    """An answer with the whole file replaces what was there."""
    upstream.ranges = False
    upstream.breaks[PATH] = [HALF]
    get()
    assert BODY == (out / "k3s").read_bytes()


def test_a_part_that_is_whole_already_is_taken(get, out, upstream):
    """A run that was killed before it could name the file leaves nothing to fetch."""
    out.mkdir()
    (out / "k3s.part").write_bytes(BODY)
    (out / "k3s.part.json").write_text(json.dumps({"url": upstream.url + PATH, "tag": upstream.tag(PATH)["ETag"]}))
    assert SUM.digest == get().digest()
    assert [f"bytes={len(BODY)}-"] == [asked for _, asked in upstream.asked]
    assert ["k3s"] == left(out)


def test_a_part_that_is_longer_than_the_file_is_dropped(get, out, upstream):
    """More than the server has is of another file."""
    out.mkdir()
    (out / "k3s.part").write_bytes(BODY + b"more")
    (out / "k3s.part.json").write_text(json.dumps({"url": upstream.url + PATH, "tag": upstream.tag(PATH)["ETag"]}))
    get()
    assert BODY == (out / "k3s").read_bytes()


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": "elsewhere", "tag": "x"}', '{"url": 1, "tag": 2, "z": 3}'])
def test_a_part_of_unknown_origin_is_dropped(get, out, note):
    """A part whose note says nothing, or another address, is fetched anew."""
    out.mkdir()
    (out / "k3s.part").write_bytes(b"something else")
    (out / "k3s.part.json").write_text(note)
    get()
    assert BODY == (out / "k3s").read_bytes()


def test_a_wrong_sum_is_named_and_nothing_kept(get, out):
    """What is not what upstream says it is never gets its name."""
    with pytest.raises(DownloadFailed, match=r"is not the file that was published: .*sums.txt says 000000000000"):
        get(Sum("sha256", "0" * 64, "sums.txt"))
    assert [] == left(out)


def test_sha512_is_compared_and_sha256_taken(get):
    """KubeEdge publishes the one, the manifest wants the other; both are taken in one reading."""
    summing = get(Sum("sha512", hashlib.sha512(BODY).hexdigest(), "checksum.txt"))
    assert SUM.digest == summing.digest()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(get, upstream, status):
    """A status that will not change is told at once."""
    upstream.refuses[PATH] = [(status, {})] * 9
    with pytest.raises(DownloadFailed, match=f"the server answers {status}"):
        get()
    assert 1 == upstream.times(PATH)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(get, out, upstream, status):
    """A status that may change is tried again."""
    upstream.refuses[PATH] = [(status, {})] * (download.TRIES - 1)
    get()
    assert BODY == (out / "k3s").read_bytes()


def test_tries_in_vain_are_bounded(get, upstream):
    """A server that stays busy is given up, by name."""
    upstream.refuses[PATH] = [(503, {})] * 99
    with pytest.raises(DownloadFailed, match=rf"503 .*{download.TRIES} times in a row"):
        get()
    assert download.TRIES == upstream.times(PATH)


def test_the_server_says_how_long_to_wait(get, upstream, monkeypatch):
    """Retry-After is honoured, up to half a minute."""
    waited = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=waited.append))
    upstream.refuses[PATH] = [
        (429, {"Retry-After": "7"}),
        (503, {"Retry-After": "3600"}),
        (503, {"Retry-After": "soon"}),
    ]
    get()
    assert [7.0, download.LONGEST_PAUSE_S, 0.0] == waited


def test_redirects_are_followed(get, out, upstream):
    """GitHub's downloads lie behind one."""
    upstream.refuses["/latest/k3s"] = [(302, {"Location": PATH})]
    get(path="/latest/k3s")
    assert BODY == (out / "k3s").read_bytes()


def test_redirects_without_end_are_named(get, upstream):
    """A circle ends."""
    upstream.refuses["/circle"] = [(302, {"Location": "/circle"})] * 99
    with pytest.raises(DownloadFailed, match="too many redirects"):
        get(path="/circle")


def test_a_stretch_that_was_not_asked_for_is_refused(get, out, upstream):
    """A 206 that begins elsewhere is not appended."""
    upstream.breaks[PATH] = [HALF]
    headers = {"Content-Range": f"bytes 7-{len(BODY) - 1}/{len(BODY)}", "ETag": upstream.tag(PATH)["ETag"]}
    upstream.refuses[PATH] = [None, (206, headers)]
    get()
    assert [HALF] * 2 == [int(asked[6:-1]) for _, asked in upstream.asked[1:]]
    assert BODY == (out / "k3s").read_bytes()


def test_nobody_there_is_named(web, tmp_path, free_port):
    """A refused connection is told in words, without the library's own."""
    with pytest.raises(DownloadFailed, match=r"Connection refused.*in a row") as caught:
        Download(web, f"http://127.0.0.1:{free_port}/k3s", tmp_path / "k3s", pause_s=0.0).run()
    assert "HTTPConnection" not in caught.value.message


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/x", "no address"])
def test_what_is_no_address_is_refused_at_once(web, tmp_path, url):
    """There is nothing to try again."""
    with pytest.raises(DownloadFailed):
        Download(web, url, tmp_path / "k3s", pause_s=60.0).run()


def test_a_disk_that_cannot_be_written_is_named(web, upstream, tmp_path):
    """The error is about this computer's file."""
    upstream.files[PATH] = BODY
    (tmp_path / "file").touch()
    with pytest.raises(DownloadFailed, match=r"cannot write .*/file/k3s"):
        Download(web, upstream.url + PATH, tmp_path / "file" / "k3s", pause_s=0.0).run()

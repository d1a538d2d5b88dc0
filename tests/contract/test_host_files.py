"""The programs for files: their exit codes and their words, for what is there, missing, refused, full or read-only."""

import os

import pytest

from edgebook.errors import HostError, TransferFailed
from tests.contract.bench import Like, Ran, said

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
DENIED, MISSING = "Permission denied", "No such file or directory"

MISSING_SAYS = [
    ("cat /nope", 1, f"cat: /nope: {MISSING}"),
    ("ls /nope", 2, f"ls: cannot access '/nope': {MISSING}"),
    ("ls -1 /nope", 2, f"ls: cannot access '/nope': {MISSING}"),
    ("stat /nope", 1, f"stat: cannot statx '/nope': {MISSING}"),
    ("stat -c %a /nope", 1, f"stat: cannot statx '/nope': {MISSING}"),
    ("stat -fc %T /nope", 1, f"stat: cannot read file system information for '/nope': {MISSING}"),
    ("sha256sum /nope", 1, f"sha256sum: /nope: {MISSING}"),
    ("cp /nope /tmp/x", 1, f"cp: cannot stat '/nope': {MISSING}"),
    ("mv /nope /tmp/x", 1, f"mv: cannot stat '/nope': {MISSING}"),
    ("rm /nope", 1, f"rm: cannot remove '/nope': {MISSING}"),
    ("rm -f /nope", 0, ""),
    ("rmdir /nope", 1, f"rmdir: failed to remove '/nope': {MISSING}"),
    ("mkdir /nope/a", 1, f"mkdir: cannot create directory '/nope/a': {MISSING}"),
    ("chmod 600 /nope", 1, f"chmod: cannot access '/nope': {MISSING}"),
    ("chown edge /nope", 1, f"chown: cannot access '/nope': {MISSING}"),
    ("ln -s x /nope/l", 1, f"ln: failed to create symbolic link '/nope/l': {MISSING}"),
    ("install -m 600 /nope /tmp/x", 1, f"install: cannot stat '/nope': {MISSING}"),
    ("touch /nope/x", 1, f"touch: cannot touch '/nope/x': {MISSING}"),
    ("tee /nope/x </dev/null", 1, f"tee: /nope/x: {MISSING}"),
    ("head /nope", 1, f"head: cannot open '/nope' for reading: {MISSING}"),
    ("tail /nope", 1, f"tail: cannot open '/nope' for reading: {MISSING}"),
    ("wc -l /nope", 1, f"wc: /nope: {MISSING}"),
    ("grep x /nope", 2, f"grep: /nope: {MISSING}"),
    ("sort /nope", 2, f"sort: cannot read: /nope: {MISSING}"),
    ("cut -c 1 /nope", 1, f"cut: /nope: {MISSING}"),
    ("sed -n 1p /nope", 2, f"sed: can't read /nope: {MISSING}"),
    ("awk '{print}' /nope", 2, f"awk: cannot open /nope ({MISSING})"),
    ("diff /nope /etc/hostname", 2, f"diff: /nope: {MISSING}"),
    ("df -Pk /nope", 1, f"df: /nope: {MISSING}"),
    ("du -s /nope", 1, f"du: cannot access '/nope': {MISSING}"),
    ("readlink -f /nope/x", 1, ""),
    ("realpath /nope/x", 1, f"realpath: /nope/x: {MISSING}"),
    ("flock /nope/lock true", 66, f"flock: cannot open lock file /nope/lock: {MISSING}"),
    ("tar -tf /nope", 2, f"tar: /nope: Cannot open: {MISSING}\ntar: Error is not recoverable: exiting now"),
    ("gzip -t /nope", 1, f"gzip: /nope.gz: {MISSING}"),
    ("mountpoint -q /nope", 1, ""),
]
DENIED_SAYS = [
    ("cat /etc/shadow", 1, f"cat: /etc/shadow: {DENIED}"),
    ("ls -1A /root", 2, f"ls: cannot open directory '/root': {DENIED}"),
    ("stat -c %a /root/x", 1, f"stat: cannot statx '/root/x': {DENIED}"),
    ("sha256sum /etc/shadow", 1, f"sha256sum: /etc/shadow: {DENIED}"),
    ("cp /etc/shadow /tmp/x", 1, f"cp: cannot open '/etc/shadow' for reading: {DENIED}"),
    ("cp /etc/hostname /etc/x", 1, f"cp: cannot create regular file '/etc/x': {DENIED}"),
    ("cp /etc/hostname /root/x", 1, f"cp: cannot stat '/root/x': {DENIED}"),
    ("mv /etc/debian_version /tmp/x", 1, f"mv: cannot move '/etc/debian_version' to '/tmp/x': {DENIED}"),
    ("rm -f /etc/passwd", 1, f"rm: cannot remove '/etc/passwd': {DENIED}"),
    ("mkdir -p /etc/a/b", 1, f"mkdir: cannot create directory '/etc/a': {DENIED}"),
    ("touch /etc/x", 1, f"touch: cannot touch '/etc/x': {DENIED}"),
    ("tee /etc/x </dev/null", 1, f"tee: /etc/x: {DENIED}"),
    ("ln -s x /etc/x", 1, f"ln: failed to create symbolic link '/etc/x': {DENIED}"),
    ("install -m 600 /etc/hostname /etc/x", 1, f"install: cannot create regular file '/etc/x': {DENIED}"),
    ("chmod 600 /etc/passwd", 1, "chmod: changing permissions of '/etc/passwd': Operation not permitted"),
    ("chown edge /etc/passwd", 1, "chown: changing ownership of '/etc/passwd': Operation not permitted"),
    ("head -c 1 /etc/shadow", 1, f"head: cannot open '/etc/shadow' for reading: {DENIED}"),
    ("truncate -s 0 /etc/passwd", 1, f"truncate: cannot open '/etc/passwd' for writing: {DENIED}"),
    ("flock /etc/passwd true", 0, ""),
]
WRONG_SAYS = [
    ("cat /etc", 1, "cat: /etc: Is a directory"),
    ("cp /etc /tmp/x", 1, "cp: -r not specified; omitting directory '/etc'"),
    ("rm /tmp", 1, "rm: cannot remove '/tmp': Is a directory"),
    ("sha256sum /etc", 1, "sha256sum: /etc: Is a directory"),
    ("chmod zzz /tmp", 1, "chmod: invalid mode: 'zzz'\nTry 'chmod --help' for more information."),
    ("chown no-such-user /tmp", 1, "chown: invalid user: 'no-such-user'"),
    ("cp a", 1, "cp: missing destination file operand after 'a'\nTry 'cp --help' for more information."),
    ("mkdir", 1, "mkdir: missing operand\nTry 'mkdir --help' for more information."),
    ("dirname", 1, "dirname: missing operand\nTry 'dirname --help' for more information."),
    ("cat --nope", 1, "cat: unrecognized option '--nope'\nTry 'cat --help' for more information."),
    ("ls -1 --nope", 2, "ls: unrecognized option '--nope'\nTry 'ls --help' for more information."),
    ("grep", 2, "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information."),
    ("cmp /dev/null /etc/hostname", 1, "cmp: EOF on /dev/null which is empty"),
]
SAYS = [
    ("cat /etc/hostname /nope 2>/dev/null | wc -l", Ran(0, "1\n")),
    ("ls -d /etc /nope", Ran(2, "/etc\n", "ls: cannot access '/nope': No such file or directory\n")),
    ("stat -c '%a %n' /etc/passwd /nope /tmp",
     Ran(1, "644 /etc/passwd\n1777 /tmp\n", "stat: cannot statx '/nope': No such file or directory\n")),
    ("sha256sum /dev/null /nope /etc/hostname | cut -c 65-",
     Ran(0, Like(r"  /dev/null\n  /etc/hostname\n"), "sha256sum: /nope: No such file or directory\n")),
    ("sha256sum </dev/null", Ran(0, f"{EMPTY}  -\n")),
    ("openssl dgst -sha256 -r </dev/null", Ran(0, f"{EMPTY} *stdin\n")),
    ("openssl dgst -sha256 -r /nope 2>/dev/null; echo $?", Ran(0, "1\n")),
    ("stat -c '%F' /etc /etc/hostname /bin /dev/null",
     Ran(0, "directory\nregular file\nsymbolic link\ncharacter special file\n")),
    ("stat -c '%a %U %G %h' /etc/passwd", Ran(0, "644 root root 1\n")),
    ("stat -c '%a %U:%G' /etc/shadow /root", Ran(0, "640 root:shadow\n700 root:root\n")),
    ("stat -c %a /home/edge/.ssh", Ran(0, "700\n")),
    ("test -e /etc/hostname; echo $?; test -e /nope; echo $?; test -x /bin/ls && echo x", Ran(0, "0\n1\nx\n")),
    ("[ -d /etc ] && [ -f /etc/passwd ] && [ -L /bin ] && [ -c /dev/null ] && echo all", Ran(0, "all\n")),
    ("basename /a/b.c .c; dirname /a/b/c; dirname b", Ran(0, "b\n/a/b\n.\n")),
    ("wc -c </dev/null; printf 'a\\nb' | wc -l", Ran(0, "0\n1\n")),
    ("printf 'b\\na\\nb\\n' | sort | uniq -c | tr -s ' '", Ran(0, " 1 a\n 2 b\n")),
    ("grep -c '' /dev/null; grep -q root /etc/passwd && echo found", Ran(0, "0\nfound\n")),
    ("grep nothing-like-it /etc/passwd", Ran(1)),
    ("head -c 5 /dev/zero | wc -c", Ran(0, "5\n")),
    ("sync; echo $?", Ran(0, "0\n")),
    ("du -s /dev/null", Ran(0, "0\t/dev/null\n")),
]  # fmt: skip
STEPS = [
    ("mkdir d; mkdir d", 1, "", "mkdir: cannot create directory 'd': File exists"),
    ("mkdir -p d/e/f; mkdir -p d/e; rmdir d", 1, "", "rmdir: failed to remove 'd': Directory not empty"),
    ("echo x >f; mkdir f", 1, "", "mkdir: cannot create directory 'f': File exists"),
    ("echo x >f; cd f", 2, "", "edgebook: 1: cd: can't cd to f"),
    ("echo x >f; cat f/g", 1, "", "cat: f/g: Not a directory"),
    ("echo x >f; ls f/g", 2, "", "ls: cannot access 'f/g': Not a directory"),
    ("ln -s a l; ln -s b l", 1, "", "ln: failed to create symbolic link 'l': File exists"),
    ("ln -s a l; ln -sfn b l; readlink l", 0, "b", ""),
    ("ln -s a l; cat l", 1, "", "cat: l: No such file or directory"),
    ("ln -s l l; cat l", 1, "", "cat: l: Too many levels of symbolic links"),
    ("echo 1 >a; echo 2 >b; mv a b; cat b; ls", 0, "2\nb".replace("2", "1"), ""),
    ("mkdir d; echo 1 >a; mv a d; ls d", 0, "a", ""),
    ("mkdir -p d/x e/d; mv d e", 0, "", ""),
    ("mkdir -p d/x e/d/y; mv d e", 1, "", "mv: cannot move 'd' to 'e/d': Directory not empty"),
    ("echo 1 >a; chmod 640 a; cp -p a b; stat -c %a b; cp a c; stat -c %a c", 0, "640\n640", ""),
    ("mkdir -p d/e; echo 1 >d/e/f; cp -a d g; cat g/e/f", 0, "1", ""),
    ("echo 1 >a; cp a a", 1, "", "cp: 'a' and 'a' are the same file"),
    ("umask 077; mkdir d; echo 1 >f; stat -c %a d f", 0, "700\n600", ""),
    ("install -d -m 750 d/e; stat -c %a d d/e", 0, "755\n750", ""),
    ("install -m 600 /etc/debian_version f; stat -c %a f", 0, "600", ""),
    ("chmod u+x,go-rwx . ; stat -c %a .", 0, "700", ""),
    ("echo abc >f; sed -i s/b/X/ f; cat f", 0, "aXc", ""),
    ("printf a >f; echo b >>f; cat f", 0, "ab", ""),
    ("echo 1 >f; chmod 0 f; cat f", 1, "", "cat: f: Permission denied"),
    ("mkdir d; echo 1 >d/f; chmod 500 d; rm -r d", 1, "", "rm: cannot remove 'd/f': Permission denied"),
    ("echo 1 >f; exec 3<f; rm f; cat <&3", 0, "1", ""),
    ("echo 1 >f; ln f g; stat -c %h f; rm f; cat g", 0, "2\n1", ""),
    ("mktemp -d x.XXXX | wc -c; mktemp nodir/x.XXXX", 1, "7",
     "mktemp: failed to create file via template 'nodir/x.XXXX': No such file or directory"),
    ("flock l sh -c 'flock -n l true; echo $?'; flock -w 9 l true; echo $?", 0, "1\n0", ""),
    ("echo x >f; sha256sum f >s; sha256sum -c s; echo y >f; sha256sum -c s", 1, "f: OK\nf: FAILED",
     "sha256sum: WARNING: 1 computed checksum did NOT match"),
    ("echo x >f; sha256sum f >s; rm f; sha256sum -c --ignore-missing s", 1, "", "sha256sum: s: no file was verified"),
    ("mkdir d; echo hi >d/f; tar -czf a.tgz d; rm -r d; tar -xzf a.tgz; tar -tf a.tgz; cat d/f", 0, "d/\nd/f\nhi", ""),
    ("tar -cf a.tar nope", 2, "",
     "tar: nope: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors"),
    ("echo hi >f; tar -cf a.tar f; tar -xf a.tar nope", 2, "",
     "tar: nope: Not found in archive\ntar: Exiting with failure status due to previous errors"),
    ("echo bad >a; tar -tf a", 2, "",
     "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors"),
    ("echo hi >f; gzip f; gzip -dc f.gz; ls", 0, "hi\nf.gz", ""),
    ("echo bad >f.gz; gzip -t f.gz", 1, "", "\ngzip: f.gz: not in gzip format"),
    ("touch -d '2026-01-02 03:04:05 UTC' f; stat -c %Y f", 0, "1767323045", ""),
    ("truncate -s 5 f; stat -c %s f", 0, "5", ""),
    ("touch a b .c; ls; ls -1A; ls -a | wc -l", 0, "a\nb\n.c\na\nb\n5", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "err"), MISSING_SAYS, ids=[one[0] for one in MISSING_SAYS])
def test_what_is_missing_is_named(sh, text, code, err):
    """A program says that there is no such file in its own words, and ends with its own code."""
    assert Ran(code, "", f"{err}\n" if err else "") == sh(text)


@pytest.mark.parametrize(("text", "code", "err"), DENIED_SAYS, ids=[one[0] for one in DENIED_SAYS])
def test_what_is_not_allowed_is_named(sh, text, code, err):
    """An ordinary user is refused by the system, in each program's words."""
    assert Ran(code, "", f"{err}\n" if err else "") == sh(text)


@pytest.mark.parametrize(("text", "code", "err"), WRONG_SAYS, ids=[one[0] for one in WRONG_SAYS])
def test_wrong_use_is_named(sh, text, code, err):
    """A call that makes no sense is refused with usage words and the program's code for it."""
    assert Ran(code, "", f"{err}\n") == sh(text)


@pytest.mark.parametrize(("text", "expected"), SAYS, ids=[text for text, _ in SAYS])
def test_files_are_described(sh, text, expected):
    """What programs print of the host's own files."""
    assert expected == sh(text)


@pytest.mark.parametrize(("text", "code", "out", "err"), STEPS, ids=[one[0] for one in STEPS])
def test_steps_in_a_folder(sh, place, text, code, out, err):
    """Files made, moved, linked, packed and removed in a folder of the user's own."""
    expected = Ran(code, f"{out}\n" if out else "", f"{err}\n" if err else "")
    assert expected == sh(f"cd {place}; {text}")


@pytest.fixture
def small(host, place):
    """Give a folder on a disk of 64 KiB."""
    script = 'mkdir "$1/small" && mount -t tmpfs -o size=64k,mode=777 tmpfs "$1/small"'
    host.script(script, [place], sudo=True).check()
    return f"{place}/small"


@pytest.mark.parametrize(
    ("text", "code", "err"),
    [
        ("head -c 200000 /dev/zero >f", 1, "head: error writing 'standard output': No space left on device"),
        ("head -c 200000 /dev/zero | cat >f", 1, "cat: write error: No space left on device"),
        ("head -c 200000 /dev/zero | tee f >/dev/null", 1, "tee: f: No space left on device"),
        ("head -c 65536 /dev/zero >f; cp /etc/passwd g", 1, "cp: error writing 'g': No space left on device"),
        ("head -c 65536 /dev/zero >f; echo x >g", 1, "edgebook: 1: echo: echo: I/O error"),
        ("head -c 65536 /dev/zero >f; mkdir d; touch g", 0, ""),
    ],
)
def test_full_disk_is_named(sh, small, text, code, err):
    """Whoever writes to a full disk says so; names still find room."""
    assert Ran(code, "", f"{err}\n" if err else "") == sh(f"cd {small}; {text}")


def test_df_shows_a_disk_that_fills(sh, small):
    """df counts what is written, in the columns the package reads."""
    before = sh(f"df -Pk {small} | tail -1").out.split()
    after = sh(f"head -c 65536 /dev/zero >{small}/f; df -Pk {small} | tail -1").out.split()
    assert (["tmpfs", "64", "0", "64", "0%", small], ["tmpfs", "64", "64", "0", "100%", small]) == (before, after)


@pytest.mark.parametrize(
    ("text", "code", "err"),
    [
        ("touch b", 1, "touch: cannot touch 'b': Read-only file system"),
        ("echo x >b", 2, "edgebook: 1: cannot create b: Read-only file system"),
        ("rm a", 1, "rm: cannot remove 'a': Read-only file system"),
        ("mkdir b", 1, "mkdir: cannot create directory 'b': Read-only file system"),
        ("mv a b", 1, "mv: cannot move 'a' to 'b': Read-only file system"),
        ("chmod 600 a", 1, "chmod: changing permissions of 'a': Read-only file system"),
        ("cp /etc/hostname b", 1, "cp: cannot create regular file 'b': Read-only file system"),
        ("cat a", 0, ""),
    ],
)
def test_read_only_disk_is_named(sh, root, small, text, code, err):
    """A disk that is mounted read-only can be read, and refuses every change."""
    sh(f"touch {small}/a")
    assert Ran() == root(f"mount -o remount,ro {small}")
    assert Ran(code, "", f"{err}\n" if err else "") == sh(f"cd {small}; {text}")


def test_mounts_are_listed_with_their_options(root, small):
    """/proc/mounts has device, folder, kind and options of each mount, and says `ro` of a read-only one."""
    before = root(f"grep ' {small} ' /proc/mounts").out.split()
    after = root(f"mount -o remount,ro {small}; grep ' {small} ' /proc/mounts").out.split()
    assert (["tmpfs", small, "tmpfs"], "rw", "ro") == (before[:3], before[3].split(",")[0], after[3].split(",")[0])


@pytest.mark.parametrize(
    ("text", "code", "out"),
    [
        ("mountpoint {small}", 0, "{small} is a mountpoint\n"),
        ("mountpoint {small}/..", 32, "{small}/.. is not a mountpoint\n"),
        ("findmnt -no FSTYPE {small}", 0, "tmpfs\n"),
        ("findmnt -n /nope", 1, ""),
        ("stat -fc %T {small}", 0, "tmpfs\n"),
    ],
)
def test_mount_points(sh, small, text, code, out):
    """A mount point is told from a folder, and the kind of its file system named."""
    assert Ran(code, out.format(small=small)) == sh(text.format(small=small))


@pytest.mark.parametrize(
    ("text", "err"),
    [
        ("umount /nope", "umount: /nope: no mount point specified.\n"),
        ("umount /etc", "umount: /etc: not mounted.\n"),
        ("mount -t tmpfs tmpfs /nope", Like(r"mount: /nope: mount point does not exist\.\n.*")),
        ("mount -o remount,ro /etc", Like(r"mount: /etc: mount point not mounted or bad option\.\n.*")),
    ],
)
def test_mounting_what_cannot_be(root, text, err):
    """mount and umount end with 32 and name the folder."""
    assert Ran(32, "", err) == root(text)


def test_only_root_mounts(sh, small):
    """An ordinary user mounts nothing and takes nothing away."""
    assert Ran(32, "", f"umount: {small}: must be superuser to unmount.\n") == sh(f"umount {small}")


def test_a_disk_taken_away_shows_what_was_under_it(sh, root, place):
    """What a mount hides is back when it is gone."""
    sh(f"mkdir {place}/small; touch {place}/small/below")
    root(f"mount -t tmpfs -o mode=777 tmpfs {place}/small")
    sh(f"touch {place}/small/above")
    seen = [sh(f"ls {place}/small").out, root(f"umount {place}/small") and sh(f"ls {place}/small").out]
    assert ["above\n", "below\n"] == seen


def test_package_writes_atomically(host, place):
    """The package's own write makes the folder, keeps the mode asked for, and says when nothing was to do."""
    path = f"{place}/new/file"
    assert [True, False, True] == [host.write(path, "x", mode=mode) for mode in (0o600, 0o600, 0o644)]
    assert "644 edge:edge\n" == host.run(["stat", "-c", "%a %U:%G", path]).out


def test_package_names_a_full_disk(host, small):
    """The package's write to a full disk is an error that says so, and leaves nothing behind."""
    with pytest.raises(TransferFailed, match="No space left on device"):
        host.write(f"{small}/f", os.urandom(100_000))
    assert "" == host.run(["ls", "-A", small]).out


def test_package_names_a_read_only_disk(host, root, small):
    """The package's write to a read-only disk is an error that says so."""
    root(f"mount -o remount,ro {small}")
    with pytest.raises(TransferFailed, match="Read-only file system"):
        host.write(f"{small}/f", "x")


@pytest.mark.parametrize(
    ("path", "why"), [("/nope", "No such file or directory"), ("/etc/shadow", "Permission denied")]
)
def test_package_says_why_it_cannot_read(host, path, why):
    """The package's read names the reason."""
    with pytest.raises(HostError, match=why):
        host.read(path)


def test_package_uploads_and_goes_on(host, place, tmp_path):
    """An upload arrives with its mode; the same again sends nothing."""
    (tmp_path / "large").write_bytes(os.urandom(3 << 20))
    sent = [host.upload(tmp_path / "large", f"{place}/large", mode=0o755) for _ in range(2)]
    assert ([True, False], "755\n") == (sent, host.run(["stat", "-c", "%a", f"{place}/large"]).out)


def test_owner_can_be_set_by_root_only(host, sh, place):
    """Root gives a file to another user; the user himself cannot."""
    sh(f"touch {place}/a")
    refused = said(host.run(["chown", "root", f"{place}/a"]))
    host.run(["chown", "root:root", f"{place}/a"], sudo=True).check()
    assert (Ran(1, "", f"chown: changing ownership of '{place}/a': Operation not permitted\n"), "root:root\n") == (
        refused,
        host.run(["stat", "-c", "%U:%G", f"{place}/a"]).out,
    )

"""The shell texts that run on hosts: short, in plain POSIX, for dash, bash, busybox and the practice site.

Not built at run time: what varies comes as arguments or on standard input, never inside the text.

Constructs used: `name=value`, `$name` `$1` `$?` `"$@"`, `$(…)`, `( … )`, single and double quotes,
`if/then/fi`, `while … do … done`, `case … in … esac`, `[ ]` with -n -f -d -e = !=, `&&` `||` `;`, pipes,
redirections `<f >f >&2 <&-` and `</dev/null`, functions without parameters, `IFS= read -r`, `shift`,
`exec`, `export`, `break`, `exit`, `umask`, `${name#prefix}` (in PROLOGUE only).
Programs used: printf echo cat cp mv rm mkdir chmod chown cut stat sha256sum df pwd sh env sudo.
"""

PROLOGUE = """\
while IFS= read -r line; do
  case $line in
    "$1") break ;;
    "$1 "*) export "${line#"$1 "}" ;;
  esac
done
shift
exec "$@"
"""
"""Read variables up to a marker, then become the command.

It also eats a password that sudo did not ask for, because the user has NOPASSWD or sudo remembered:
the command would else find it at the beginning of its own input.
"""

WRITE = """\
path=$1; folder=$2; new=$3; mode=$4; owner=$5; keep=$6
IFS= read -r sum || exit 1
fail() { rm -f "$new"; exit 1; }
if [ -d "$path" ]; then echo "it is a folder" >&2; exit 1; fi
have=
if [ -f "$path" ]; then have=$(sha256sum <"$path" | cut -c 1-64); fi
if [ "$have" = "$sum" ]; then
  if [ "$(stat -c %a "$path")" != "$mode" ]; then chmod "$mode" "$path" || exit 1; echo mode; fi
  if [ -n "$owner" ]; then
    case $(stat -c %U:%G "$path") in
      "$owner"|"$owner":*) ;;
      *) chown "$owner" "$path" || exit 1; echo owner ;;
    esac
  fi
  exit 0
fi
umask 022
if [ ! -d "$folder" ]; then mkdir -p "$folder" || exit 1; fi
umask 077
cat >"$new" || fail
have=$(sha256sum <"$new" | cut -c 1-64)
if [ "$have" != "$sum" ]; then echo "the content did not arrive whole" >&2; fail; fi
if [ -n "$owner" ]; then chown "$owner" "$new" || fail; fi
chmod "$mode" "$new" || fail
if [ -n "$keep" ] && [ -f "$path" ] && [ ! -e "$path.edgebook-before" ]; then
  cp -p "$path" "$path.edgebook-before" || fail
fi
mv -f "$new" "$path" || fail
echo content
"""
"""Write a file in one go: the sum on the first line of standard input, the content after it.

The sum is not an argument because `ps` shows those, and a short secret can be guessed from its sum.
It is compared before the file is moved into place: a lost connection looks like the end of the input.
"""

LOOK = """\
if [ -f "$1" ]; then sha256sum <"$1" | cut -c 1-64; stat -c %a "$1"; fi
"""
"""Print a file's sum and mode; nothing where there is none."""

STAGE = """\
umask 077
mkdir -p "$1" && cd "$1" && pwd && df -Pk .
"""
"""Make the folder for files on their way, relative to the home folder, and print its path and its room."""

PLACE = """\
part=$1; path=$2; folder=$3; new=$4; mode=$5; sum=$6
fail() { rm -f "$new"; exit 1; }
have=$(sha256sum <"$part" | cut -c 1-64)
if [ "$have" != "$sum" ]; then rm -f "$part"; exit 65; fi
if [ -d "$path" ]; then echo "it is a folder" >&2; exit 1; fi
umask 022
if [ ! -d "$folder" ]; then mkdir -p "$folder" || exit 1; fi
umask 077
cp "$part" "$new" || fail
chmod "$mode" "$new" || fail
mv -f "$new" "$path" || fail
rm -f "$part"
"""
"""Check what arrived and put it into place; 65 means that it is not what was sent.

Copied and not moved: a moved file keeps its owner and its SELinux label, and no service starts from
a program labelled as somebody's home.
"""

BAD_SUM = 65

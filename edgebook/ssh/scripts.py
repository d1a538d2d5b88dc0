"""The shell texts that run on hosts: short, in plain POSIX, for dash, bash, busybox and the practice site.

Not built at run time: what varies comes as arguments or on standard input, never inside the text.

Constructs used: `name=value`, `$name` `$1` `$?` `"$@"`, `$(…)`, `( … )`, single and double quotes,
`if/then/fi`, `while … do … done`, `case … in … esac`, `[ ]` with -n -f -d -e = !=, `&&` `||` `;`, pipes,
redirections `<f >f >&2 <&-` and `</dev/null`, functions without parameters, `IFS= read -r`, `shift`,
`exec`, `export`, `break`, `exit`, `umask`, `${name#prefix}`, `${name##*/}`, `for … in PATTERN`.
Programs used: printf echo cat cp mv rm mkdir chmod chown cut stat sha256sum openssl (where it is) df head
dirname sync sh env sudo.
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

SUM = """\
sum() {
  found=$(openssl dgst -sha256 -r <"$1" 2>/dev/null | cut -c 1-64)
  if [ -z "$found" ]; then found=$(sha256sum <"$1" | cut -c 1-64); fi
}
"""
"""Sum a file into `$found`. OpenSSL uses the processor's own instructions, which coreutils' program does not."""

LOOK = (
    SUM
    + """\
path=$1; part=$2; folder=$3; size=$4
if [ -d "$path" ]; then echo "it is a folder" >&2; exit 1; fi
if [ -f "$path" ] && [ "$(stat -c %s "$path")" = "$size" ]; then
  sum "$path"
  echo "there $found $(stat -c %a "$path")"
fi
if [ -f "$part" ]; then echo "part $(stat -c %s "$part")"; fi
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
df -Pk "$folder"
"""
)
"""Print the sum and mode of a file that has the right size, what is there of it in part, and the disk's room."""

SEND = (
    SUM
    + """\
path=$1; part=$2; folder=$3; start=$4; size=$5; sum=$6; mode=$7
fail() { rm -f "$part" "$part.new"; exit 1; }
umask 022
if [ ! -d "$folder" ]; then mkdir -p "$folder" || exit 1; fi
umask 077
if [ "$start" = 0 ]; then rm -f "$part"
else head -c "$start" "$part" >"$part.new" && mv -f "$part.new" "$part" || fail
fi
cat >>"$part" || fail
if [ "$(stat -c %s "$part")" != "$size" ]; then exit 66; fi
{ sync "$part" || sync; } &
sum "$part"
wait
if [ "$found" != "$sum" ]; then rm -f "$part"; exit 65; fi
chmod "$mode" "$part" || fail
mv -f "$part" "$path" || fail
for old in "$folder"/".${path##*/}".*.edgebook-part; do rm -f "$old"; done
"""
)
"""Take a file's bytes from standard input, from `start` on, and put it into place when all of them are there.

The part lies beside the file's own place: renamed, not copied, it is never half there, and it has the
owner and the SELinux label of what belongs in that folder. It stays where the input ends early, which is
how a lost connection looks from here, and the next try goes on from its end. That one starts with a new
file: the last bytes of a killed run may still be on their way into the old one.
`sync`: after a power cut a renamed file whose bytes were not on the disk yet would be there, and empty.
65 means that it is not what was sent, 66 that it is too short.
"""

BAD_SUM = 65
TOO_SHORT = 66

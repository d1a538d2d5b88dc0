"""The shell texts of the way back: they look at a host, keep what is there, clean it, and put it back.

Not built at run time: what varies comes as arguments, lists with one name a line. Plain POSIX with
what every Debian has; each may be run again after it was cut off anywhere.
"""

LOCKED = r"""
ours=$1; text=$2
shift 2
mkdir -p -m 755 "$ours" && exec flock "$ours/install.lock" sh -c "$text" edgebook "$ours" "$@"
"""
"""Run a text under the lock that the installer takes: a run that was killed leaves its commands at work."""

LOOK = r"""
ours=$1; deep=$2; shallow=$3; made=$4; sysctls=$5; data=$6; address=$7; known=$8; packages=$9
shift 9
rules=$1
nl='
'
torn='*.edgebook-????????????????'
record=$ours/before/record; lock=$ours/install.lock; conf=/etc/keepalived/keepalived.conf
if [ -e "$lock" ] && ! flock -n "$lock" true; then echo busy; fi
if [ -e "$ours" ]; then echo ours; fi
if [ -e "$ours/rules" ]; then echo taken; fi
if [ -f "$record" ]; then
  sed 's/^/record /' "$record"
  known=$(sed -n -e 's/^entry [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* //p' -e 's/^rule [^ ]* //p' "$record")
  packages=$(sed -n 's/^package //p' "$record")
fi
strange() {
  while IFS= read -r line; do
    case "$nl$known$nl" in *"$nl$line$nl"*) ;; *) echo "$line" ;; esac
  done
}
echo "$deep" | while IFS= read -r top; do
  if [ -e "$top" ] || [ -L "$top" ]; then
    find "$top" -maxdepth 4 2>/dev/null | strange | head -n 3 | sed 's/^/path /'
  fi
done
for tool in kubectl crictl ctr; do
  if [ "$(readlink "/usr/local/bin/$tool")" = k3s ]; then echo "/usr/local/bin/$tool" | strange | sed 's/^/path /'; fi
done
for folder in /usr/local/bin /etc/keepalived; do
  if [ -d $folder ]; then
    find $folder -maxdepth 1 -name '*.edgebook-part' -o -maxdepth 1 -name "$torn" | strange | sed 's/^/path /'
  fi
done
echo "$shallow" | while IFS= read -r top; do
  if [ -e "$top" ]; then echo "$top" | strange | sed 's/^/path /'; fi
done
echo "$made" | while IFS= read -r folder; do
  if [ -d "$folder" ] && [ -z "$(ls -A "$folder")" ] && ! grep -qF " $folder " /proc/mounts; then
    echo "$folder" | strange | sed 's/^/folder /'
  fi
done
ip -o link | sed -n 's/^[0-9]*: \([^:@]*\).*/link \1/p'
for table in filter nat mangle; do
  iptables -t $table -S 2>/dev/null | grep -E -e "$rules" | strange | head -n 3 | sed 's/^/rule /'
done
ps -eo comm=,args= | grep -e '^k3s' -e '^containerd-shim.*/k3s/' | head -n 3 | sed 's/^/process /'
while read -r _ path _; do
  case $path in /run/k3s/*|/run/netns/cni-*|/var/lib/kubelet/*|"$data"/*) echo "mount $path" ;; esac
done </proc/mounts | head -n 3
grep -lsF "://$address:6443" /root/.kube/config /home/*/.kube/config | sed 's/^/kubeconfig /'
if [ -d "$data/storage" ]; then ls -1 "$data/storage" | head -n 50 | sed 's/^/volume /'; fi
case "$(head -n 1 $conf 2>/dev/null)" in '# Written by edgebook'*) echo "keepalived ours" ;; esac
echo "$sysctls" | while IFS= read -r name; do
  if [ -r "/proc/sys/$name" ]; then echo "sysctl $name $(cat "/proc/sys/$name")"; fi
done
if [ -n "$packages" ]; then
  dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
    sed -n 's/^\([^ ]*\) installed$/package \1/p'
fi
echo "$known" | while IFS= read -r path; do
  sum=-
  case $path in /*) ;; *) continue ;; esac
  if [ -L "$path" ]; then kind=l; sum=$(readlink "$path" | sha256sum | cut -c 1-64)
  elif [ -d "$path" ]; then kind=d
  elif [ -f "$path" ]; then kind=f; sum=$(sha256sum <"$path" | cut -c 1-64)
  else continue; fi
  echo "now $kind $(stat -c '%a %U:%G' "$path") - $sum $path"
done
true
"""
"""Print what of K3s and of edgebook is on a host, a word and a value a line.

`known` are the paths and firewall rules that were there before; the host's own record goes before it.
`rules` is an extended expression that K3s's own firewall rules match.
"""

RECORD = r"""
ours=$1; installed=$2; copied=$3; noted=$4; sysctls=$5; network=$6; packages=$7
umask 077
new=$ours/before.part
rm -rf "$new" "$ours/before"
mkdir "$new" || exit 1
{
  echo "$copied" | while IFS= read -r top; do
    if [ -e "$top" ] || [ -L "$top" ]; then find "$top" | sed 's/^/copy /'; fi
  done
  echo "$noted" | while IFS= read -r top; do
    if [ -d "$top" ]; then echo "note $top"; fi
  done
} >"$new/list"
number=0
while IFS=' ' read -r how path; do
  copy=-; sum=-
  if [ -L "$path" ]; then kind=l; sum=$(readlink "$path" | sha256sum | cut -c 1-64)
  elif [ -d "$path" ]; then kind=d
  elif [ -f "$path" ]; then kind=f; sum=$(sha256sum <"$path" | cut -c 1-64)
  else continue; fi
  if [ $how = copy ] && [ $kind != d ]; then
    number=$((number + 1)); copy=$number; size=$(stat -c %s "$path")
    if [ $kind = f ] && [ "$size" -gt 1000000 ] && ln "$path" "$new/$copy" 2>/dev/null; then :
    else cp -a "$path" "$new/$copy" || exit 1; fi
  fi
  echo "entry $kind $(stat -c '%a %U:%G' "$path") $copy $sum $path"
done <"$new/list" >"$new/entries" || exit 1
{
  echo "machine $(cat /etc/machine-id)"
  echo "installed $installed"
  systemctl show keepalived -p LoadState,ActiveState,UnitFileState | sed 's/^/unit /'
  echo "$sysctls" | while IFS= read -r name; do
    if [ -r "/proc/sys/$name" ]; then echo "sysctl $name $(cat "/proc/sys/$name")"; fi
  done
  for table in filter nat mangle; do
    if [ "$installed" = yes ]; then continue; fi
    iptables -t $table -S 2>/dev/null | grep -i -e KUBE- -e CNI- -e flannel -e "$network" |
      grep -v -E -e '(^-[AN]|-j|-g) (KUBE|CNI|FLANNEL)-' | sed -n "s/^-A/rule $table -A/p"
  done
  if [ -n "$packages" ]; then
    apt-get install -s --no-install-recommends $packages 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/package \1/p'
  fi
  cat "$new/entries"
} >"$new/record"
rm -f "$new/list" "$new/entries"
mv "$new" "$ours/before" && cat "$ours/before/record"
"""
"""Record what is on a host, and copy what may be overwritten or removed.

A file above a megabyte is not copied but linked: whoever replaces it puts a new file in its place.
"""

QUIET = r"""
ours=$1; data=$2
if [ ! -e "$ours/rules" ]; then
  for table in filter nat mangle; do
    iptables -t $table -S 2>/dev/null | sed -n "s/^-A/$table -A/p"
  done >"$ours/rules.new"
  mv "$ours/rules.new" "$ours/rules"
fi
if [ -x /usr/local/bin/k3s-killall.sh ]; then K3S_DATA_DIR=$data /usr/local/bin/k3s-killall.sh >/dev/null 2>&1; fi
for pid in $(ps -eo pid=,comm=,args= | sed -n 's/^ *\([0-9]*\) *containerd-shim.*\/k3s\/.*/\1/p'); do
  kill -9 "$pid"
done
for file in $(grep -ls kubepods /proc/[0-9]*/cgroup); do
  pid=${file#/proc/}; kill -9 "${pid%/cgroup}" 2>/dev/null
done
mounts() {
  while read -r _ path _; do
    case $path in /run/k3s/*|/run/netns/cni-*|/var/lib/kubelet/*|"$data"/*) echo "$path" ;; esac
  done </proc/mounts
}
mounts | sort -r | while IFS= read -r path; do umount "$path" 2>/dev/null || umount -l "$path" >&2; done
mounts
"""
"""Keep the firewall's rules, end what K3s runs, unmount what its pods had mounted; print what is still mounted.

Before anything is deleted: K3s's own uninstaller removes /var/lib/kubelet, and a volume that is
still mounted below it would be emptied.
"""

UNINSTALL = r"""
for script in /usr/local/bin/k3s-uninstall.sh /usr/local/bin/k3s-agent-uninstall.sh; do
  if [ -x $script ]; then K3S_DATA_DIR=$2 $script || exit 1; fi
done
"""
"""Run K3s's own uninstaller, where it is there; a host whose role changed may have both."""

CLEAN = r"""
deep=$2; shallow=$3; known=$4; own=$5
nl='
'
is_known() { case "$nl$known$nl" in *"$nl$path$nl"*) true ;; *) false ;; esac; }
for unit in k3s k3s-agent; do
  if [ -e /etc/systemd/system/$unit.service ]; then systemctl disable --now $unit; fi
done
for link in cni0 flannel.1 flannel-v6.1 flannel-wg flannel-wg-v6 kube-ipvs0; do
  if ip link show $link >/dev/null 2>&1; then ip link delete $link; fi
done
ip netns list 2>/dev/null | sed -n 's/^\(cni-[^ ]*\).*/\1/p' | while read -r name; do ip netns delete "$name"; done
rules() { $tool -t $table -S 2>/dev/null; }
for tool in iptables ip6tables; do
  for table in filter nat mangle; do
    rules | grep -E -e "$own" | sed -n 's/^-A /-D /p' | while IFS= read -r rule; do
      path="-A ${rule#-D }"
      if ! is_known; then echo "$rule" | xargs $tool -t $table; fi
    done
    rules | sed -n -e 's/^-N \(KUBE-.*\)/\1/p' -e 's/^-N \(CNI-.*\)/\1/p' -e 's/^-N \(FLANNEL-.*\)/\1/p' |
      while read -r chain; do $tool -t $table -X "$chain"; done
  done
done
echo "$deep" | while IFS= read -r top; do
  path=$top
  if [ ! -e "$top" ] && [ ! -L "$top" ]; then continue; fi
  if ! is_known; then rm -rf "$top"; continue; fi
  find "$top" | sort -r | while IFS= read -r path; do
    if is_known; then continue; fi
    if [ -d "$path" ] && [ ! -L "$path" ]; then rmdir "$path"; else rm -f "$path"; fi
  done
done
for name in kubectl crictl ctr; do
  path=/usr/local/bin/$name
  if [ "$(readlink $path)" = k3s ] && ! is_known; then rm -f $path; fi
done
echo "$shallow" | while IFS= read -r path; do
  if [ -e "$path" ] && ! is_known; then rm -rf "$path"; fi
done
for path in /usr/local/bin/.*.edgebook-part /usr/local/bin/*.edgebook-???????????????? \
  /etc/keepalived/*.edgebook-????????????????; do
  if [ -e "$path" ] && ! is_known; then rm -f "$path"; fi
done
systemctl daemon-reload
systemctl reset-failed k3s k3s-agent 2>/dev/null
true
"""
"""Remove of K3s what its own uninstaller leaves, or all of it where that one is not there.

What was there before stays, or comes back afterwards: `known` are those paths and rules.
"""

RESTORE = r"""
from=$1/before; made=$2; known=$3
nl='
'
same() {
  if [ "$kind" = l ]; then [ -L "$path" ] && [ "$(readlink "$path")" = "$(readlink "$back")" ]; return; fi
  [ -f "$path" ] && [ ! -L "$path" ] || return 1
  [ "$(sha256sum <"$path")" = "$(sha256sum <"$back")" ]
}
while IFS=' ' read -r kind mode owner copy path; do
  if [ "$kind" = d ]; then
    if [ ! -d "$path" ]; then mkdir -p "$path" || exit 1; echo "restored $path"; fi
  else
    back=$from/$copy
    if [ ! -e "$back" ] && [ ! -L "$back" ]; then
      if [ ! -e "$path" ] && [ ! -L "$path" ]; then echo "missing $path"; continue; fi
    elif ! same; then
      new=$path.edgebook-new
      rm -f "$new"
      mkdir -p "$(dirname "$path")" && cp -a "$back" "$new" && mv -f "$new" "$path" || exit 1
      echo "restored $path"
    fi
  fi
  if [ "$kind" != l ]; then chmod "$mode" "$path" && chown "$owner" "$path" || exit 1; fi
done
echo "$made" | while IFS= read -r folder; do
  if [ ! -d "$folder" ]; then continue; fi
  case "$nl$known$nl" in *"$nl$folder$nl"*) ;; *) rmdir "$folder" 2>/dev/null ;; esac
done
true
"""
"""Put back what the record names, from standard input: kind, mode, owner, copy, path; the folders first.

Then the folders that an install makes go, where they are empty and were not there.
"""

SYSCTL = r"""
while IFS=' ' read -r name value k3s; do
  now=$(cat "/proc/sys/$name" 2>/dev/null)
  if [ "$now" = "$value" ]; then continue; fi
  if [ "$k3s" != - ] && [ "$k3s" != "$now" ]; then continue; fi
  if echo "$value" 2>/dev/null >"/proc/sys/$name"; then echo "set $name"; else echo "refused $name"; fi
done
true
"""
"""Set kernel parameters back, from standard input: name, earlier value, K3s's value or `-`.

What has another value than K3s's was set by somebody else since. Asked here and not in the plan: a
K3s that a killed run left starting sets them late.
"""

RULES = r"""
if [ -f "$1/rules" ]; then sed 's/^/kept /' "$1/rules"; fi
for table in filter nat mangle; do
  iptables -t $table -S 2>/dev/null | sed -n "s/^-A/now $table -A/p"
done
"""
"""Print the rules that were kept before the uninstaller ran, and those of now."""

FORGET = r"""
rm -rf "$1"
"""
"""Remove edgebook's own folder, the record and the lock with it."""

# A folder is mounted over itself, read-only.
broken() { findmnt --noheadings --output OPTIONS --mountpoint "$path" | tail -n 1 | tr , '\n' | grep -qx ro; }
put() {
  broken && return
  mkdir -p "$path"
  mount --bind "$path" "$path"
  mount -o remount,bind,ro "$path"
}
mend() { ! broken || umount --lazy "$path"; }

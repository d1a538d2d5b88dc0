# A service is stopped, and nothing starts it again.
broken() { ! systemctl --quiet is-active "$unit"; }
put() {
  systemctl cat "$unit" >/dev/null 2>&1 || { echo "$host has no unit $unit: say another with -o unit=" >&2; return 3; }
  systemctl stop "$unit"
}
mend() { systemctl start "$unit"; }

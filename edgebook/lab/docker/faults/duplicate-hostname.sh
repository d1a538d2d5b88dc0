# The host has another one's name. In a container /etc/hostname is a mount: it is written in place, never renamed.
broken() { [ "$(uname -n)" != "$host" ]; }
put() { named "$like"; }
mend() { named "$host"; }
named() {
  printf '%s\n' "$1" > /etc/hostname
  hostname "$1"
}

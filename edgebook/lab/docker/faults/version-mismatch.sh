# Another K3s lies at the place of the planned one. The program was brought to $brought before.
place=/usr/local/bin/k3s
broken() { [ -e "$place" ] && [ "$(sha256sum < "$place")" = "$digest  -" ]; }
put() {
  broken && return
  [ ! -e "$place" ] || mv "$place" "$place.planned"
  mv "$brought" "$place"
  chmod 755 "$place"
}
mend() {
  rm -f "$brought"
  broken || return 0
  rm "$place"
  [ ! -e "$place.planned" ] || mv "$place.planned" "$place"
}

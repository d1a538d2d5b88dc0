# A drop-in sets another flannel-backend than the other servers have.
drop_in=/etc/rancher/k3s/config.yaml.d/50-local.yaml
broken() { [ -e "$drop_in" ] && grep -q "^flannel-backend: $backend\$" "$drop_in"; }
put() {
  mkdir -p "${drop_in%/*}"
  printf 'flannel-backend: %s\n' "$backend" > "$drop_in"
  chmod 600 "$drop_in"
}
mend() {
  rm -f "$drop_in"
  rmdir -p --ignore-fail-on-non-empty "${drop_in%/*}" 2>/dev/null || true
}

# Another cluster's token file, and the drop-in that names it: K3s prefers token-file to token wherever the two are set.
drop_in=/etc/rancher/k3s/config.yaml.d/90-old-cluster.yaml
kept=/etc/rancher/k3s/old-cluster-token
broken() { [ -e "$drop_in" ] && grep -q "^token-file: $kept\$" "$drop_in"; }
put() {
  mkdir -p "${drop_in%/*}"
  printf '%s\n' "$token" > "$kept"
  printf '# left over from another cluster\ntoken-file: %s\n' "$kept" > "$drop_in"
  chmod 600 "$kept" "$drop_in"
}
mend() {
  rm -f "$drop_in" "$kept"
  rmdir -p --ignore-fail-on-non-empty "${drop_in%/*}" 2>/dev/null || true
}

# The kubelet wants more of the disk free than there is, and says so; it takes 0% and 100% for no threshold at all.
config=/var/lib/kubelet/config.yaml
before=$config.before-pressure
broken() { [ -e $before ]; }
put() {
  broken && return
  grep -q '^  nodefs.available: ' $config || { echo "$host has no threshold for its disk in $config" >&2; return 3; }
  cp -p $config $before
  sed -i "s/^  nodefs.available: .*/  nodefs.available: $available/" $config
  systemctl restart kubelet
}
mend() {
  broken || return 0
  mv $before $config
  systemctl restart kubelet
}

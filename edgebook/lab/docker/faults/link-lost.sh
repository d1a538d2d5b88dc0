# The link to this computer is cut both ways, and comes back by itself: a unit of the host holds the dead man's switch.
unit=edgebook-link-lost
known=/run/$unit
broken() { systemctl --quiet is-active $unit; }
put() {
  mend
  printf '%s' "$match" > $known
  restore="/bin/sh -c 'iptables -D INPUT -s $gateway -j DROP; iptables -D OUTPUT -d $gateway -j DROP'"
  # pgrep never finds itself, and nobody else has the text in its arguments: it is read from a file.
  systemd-run --quiet --collect --unit $unit --property "ExecStopPost=-$restore" /bin/sh -c "
    while [ -s $known ] && ! pgrep -f -- \"\$(cat $known)\" >/dev/null; do sleep 0.02; done
    iptables -I INPUT -s $gateway -j DROP
    iptables -I OUTPUT -d $gateway -j DROP
    sleep $seconds"
}
mend() {
  systemctl stop $unit 2>/dev/null || true
  rm -f $known
}

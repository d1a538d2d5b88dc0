# Some of the packets that come in, and of those that go out, are dropped.
chance=$(awk "BEGIN { printf \"%.4f\", $percent / 100 }")
broken() { iptables -S INPUT | grep -q -- '-i eth0 -m statistic --mode random'; }
put() {
  broken && return
  iptables -I INPUT -i eth0 -m statistic --mode random --probability "$chance" -j DROP
  iptables -I OUTPUT -o eth0 -m statistic --mode random --probability "$chance" -j DROP
}
mend() {
  broken || return 0
  iptables -D INPUT -i eth0 -m statistic --mode random --probability "$chance" -j DROP
  iptables -D OUTPUT -o eth0 -m statistic --mode random --probability "$chance" -j DROP
}

# Packets between this host and another are dropped, both ways; all other links stay.
broken() { iptables -C INPUT -s "$other" -j DROP 2>/dev/null; }
put() {
  broken || iptables -I INPUT -s "$other" -j DROP
  iptables -C OUTPUT -d "$other" -j DROP 2>/dev/null || iptables -I OUTPUT -d "$other" -j DROP
}
mend() {
  while broken; do iptables -D INPUT -s "$other" -j DROP; done
  while iptables -D OUTPUT -d "$other" -j DROP 2>/dev/null; do :; done
}

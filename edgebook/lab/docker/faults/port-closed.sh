# A rule at the top of INPUT drops a TCP port.
rule="INPUT -p tcp -m tcp --dport $port -j DROP"
broken() { iptables -C $rule 2>/dev/null; }
put() { broken || iptables -I $rule; }
mend() { while broken; do iptables -D $rule; done; }

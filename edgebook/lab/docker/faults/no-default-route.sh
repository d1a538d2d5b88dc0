# The route over the gateway is gone.
broken() { [ -z "$(ip route show default)" ]; }
put() { broken || ip route del default; }
mend() { ! broken || ip route add default via "$gateway" dev eth0; }

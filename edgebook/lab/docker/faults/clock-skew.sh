# `date` is wrong, and no time server corrects it. A container cannot have another clock than the machine,
# so what tells the time is wrapped; $LIB is a word of the dynamic linker's own.
shim=/usr/local/bin/date
broken() { [ -e "$shim" ]; }
put() {
  cat > "$shim" <<S
#!/bin/sh
LD_PRELOAD='/usr/\$LIB/faketime/libfaketime.so.1' FAKETIME='$shift_s' exec /bin/date "\$@"
S
  chmod 755 "$shim"
  "$shim" >/dev/null 2>&1 || { rm -f "$shim"; echo "this image has no libfaketime" >&2; return 3; }
  systemctl stop chrony
}
mend() {
  rm -f "$shim"
  systemctl start chrony
}

#!/bin/sh
# Runs as process 1 before systemd. Docker mounts sysfs and cgroup v1 read-only where it is not `--privileged`;
# "remount,bind" is what the kernel wants for a cgroup mount, a plain "remount,rw" fails without a word.
# Docker starts a host again whenever it ends by itself: that is a reboot, unless it was switched off from inside.
if [ -e /switched-off ]; then
  rm /switched-off
  exit 0
fi
mount -o remount,rw /sys 2>/dev/null
for one in /sys/fs/cgroup /sys/fs/cgroup/*/; do
  mount -o remount,bind,rw "$one" 2>/dev/null
done
mount --make-rshared / 2>/dev/null
exec /lib/systemd/systemd "$@"

#!/bin/sh
# Turns a Debian root file system into a practice host. Runs inside it: by chroot, or as RUN in a Dockerfile.
set -eu

# Units that a container cannot have, that make a boot slow, or that would change the machine underneath.
systemctl mask systemd-udevd.service systemd-udev-trigger.service \
  systemd-udevd-kernel.socket systemd-udevd-control.socket \
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount \
  systemd-modules-load.service systemd-remount-fs.service \
  getty.target console-getty.service e2scrub_reap.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer >/dev/null 2>&1
systemctl set-default multi-user.target >/dev/null 2>&1
systemctl disable keepalived.service rsync.service >/dev/null 2>&1 || true
systemctl enable ssh.service chrony.service >/dev/null 2>&1

# Shipped settings that are not namespaced (fs.protected_*, kernel.*) would be written to the machine at each boot.
rm -f /usr/lib/sysctl.d/*.conf

# Users: `edge` may become root without a password, `nosudo` may not.
useradd -m -s /bin/bash -u 1000 edge
useradd -m -s /bin/bash -u 1001 nosudo
for user in edge nosudo; do
  install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
done
echo 'edge ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/edge
chmod 440 /etc/sudoers.d/edge

# Every host gets its own identity: its SSH key before the first start, its machine id at the first boot.
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id
: > /etc/machine-id
cat > /etc/ssh/sshd_config.d/edgebook.conf <<U
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
UseDNS no
U

# A journal that outlives a restart, and not the messages of the machine's kernel.
mkdir -p /var/log/journal /etc/systemd/journald.conf.d
printf '[Journal]\nReadKMsg=no\nStorage=persistent\nSystemMaxUse=32M\n' > /etc/systemd/journald.conf.d/edgebook.conf

# chrony measures and never sets the clock (-x), which is the machine's; that clock is also its only reference.
# Debian's unit is skipped without CAP_SYS_TIME, and "!" lets chronyd drop its rights by itself.
mkdir -p /etc/systemd/system/chrony.service.d
printf '[Unit]\nConditionCapability=\n[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS\n' \
  > /etc/systemd/system/chrony.service.d/edgebook.conf
sed -i 's/^pool /#pool /' /etc/chrony/chrony.conf
printf 'local stratum 10\n' > /etc/chrony/conf.d/edgebook.conf

# `poweroff` and `reboot` end a container alike. What the last script of a shutdown leaves tells them apart: init.sh.
cat > /lib/systemd/system-shutdown/edgebook <<'U'
#!/bin/sh
[ "$1" != poweroff ] || : > /switched-off
U
chmod 755 /lib/systemd/system-shutdown/edgebook

# Locks against starting services while packages are installed come from the build, and would stay.
rm -f /usr/sbin/policy-rc.d
install -m 755 /tmp/init.sh /sbin/edge-init

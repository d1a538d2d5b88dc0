#!/bin/sh
# A stand-in for K3s's install.sh, for tests: it writes the files that the real one writes, from a k3s that is there.
# It downloads nothing, knows systemd only, and takes of the environment what the real one takes.
set -eu

bin=${INSTALL_K3S_BIN_DIR:-/usr/local/bin}
units=${INSTALL_K3S_SYSTEMD_DIR:-/etc/systemd/system}
role=${INSTALL_K3S_EXEC:-server}
name=k3s
if [ "$role" != server ]; then name=k3s-$role; fi
if [ -n "${INSTALL_K3S_NAME:-}" ]; then name=k3s-$INSTALL_K3S_NAME; fi
unit=$units/$name.service
killall=$bin/k3s-killall.sh
uninstall=$bin/$name-uninstall.sh

info() { echo "[INFO]  $*"; }
fatal() { echo "[ERROR]  $*" >&2; exit 1; }

have_program() {
    [ "${INSTALL_K3S_SKIP_DOWNLOAD:-}" = true ] || fatal "Download failed"
    info "Skipping k3s download and verify"
    [ -x "$bin/k3s" ] || fatal "Executable k3s binary not found at $bin/k3s"
}

link_tools() {
    for tool in kubectl crictl ctr; do
        if [ -e "$bin/$tool" ]; then
            info "Skipping $bin/$tool symlink to k3s, already exists"
        else
            info "Creating $bin/$tool symlink to k3s"
            ln -sf k3s "$bin/$tool"
        fi
    done
}

write_killall() {
    info "Creating killall script $killall"
    cat >"$killall" <<'END'
#!/bin/sh
[ "$(id -u)" -eq 0 ] || exec sudo "$0" "$@"
set -x
for service in /etc/systemd/system/k3s*.service; do
    [ -s "$service" ] && systemctl stop "$(basename "$service")"
done
rm -rf /var/lib/cni/
rm -rf /run/k3s /var/lib/kubelet/pods
END
    chmod 755 "$killall"
}

write_uninstall() {
    info "Creating uninstall script $uninstall"
    cat >"$uninstall" <<END
#!/bin/sh
set -x
[ "\$(id -u)" -eq 0 ] || exec sudo "\$0" "\$@"
$killall
systemctl disable $name
systemctl reset-failed $name
rm -f $unit $unit.env
systemctl daemon-reload
trap 'rm -f $uninstall' EXIT
if ls $units/k3s*.service >/dev/null 2>&1; then
    set +x; echo 'Additional k3s services installed, skipping uninstall of k3s'; set -x
    exit
fi
for tool in kubectl crictl ctr; do
    if [ -L $bin/\$tool ]; then rm -f $bin/\$tool; fi
done
rm -rf /etc/rancher/k3s /run/k3s /run/flannel "\${K3S_DATA_DIR:-/var/lib/rancher/k3s}" /var/lib/kubelet
rm -f $bin/k3s $killall
END
    chmod 755 "$uninstall"
}

write_unit() {
    info "env: Creating environment file $unit.env"
    rm -f "$unit.env"
    (umask 0377; env | grep -E '^K3S_|^(NO|HTTP|HTTPS)_PROXY=' >"$unit.env" || true)
    info "systemd: Creating service file $unit"
    cat >"$unit" <<END
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=${INSTALL_K3S_TYPE:-notify}
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-$unit.env
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$bin/k3s $role
END
}

start_unit() {
    if [ "${INSTALL_K3S_SKIP_ENABLE:-}" = true ]; then return; fi
    info "systemd: Enabling $name unit"
    systemctl enable "$unit" >/dev/null
    systemctl daemon-reload >/dev/null
    if [ "${INSTALL_K3S_SKIP_START:-}" = true ]; then return; fi
    info "systemd: Starting $name"
    systemctl restart "$name"
}

have_program
link_tools
write_killall
write_uninstall
write_unit
start_unit

# Debian packages that the project needs, installed when they are missing. Sourced by ./dev.

# What ./dev up needs beside the .NET SDK, and what the tests need on top of it.
cluster_packages=(etcd-server etcd-client containerd runc containernetworking-plugins docker.io iptables conntrack iproute2 busybox-static catatonit curl ca-certificates)
build_packages=(dpkg-dev golang-go rsync jq make)
test_packages=(debootstrap docker-registry lintian nftables prometheus openssl procps socat systemd)

install_packages() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    need_root "to install ${missing[*]}"
    say "installing Debian packages: ${missing[*]}"
    # A host without systemd as PID 1 does not start services by itself; this keeps one that has it from doing so
    # for the length of the installation, because every daemon here is started by this project with its own files.
    with_services_held apt_get update
    with_services_held apt_get install -y --no-install-recommends "${missing[@]}"
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >>"$log_dir/apt.log" 2>&1 ||
        die "apt-get $* failed; the end of $log_dir/apt.log says: $(tail -n 5 "$log_dir/apt.log")"
}

with_services_held() {
    local policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    "$@"
    rm -f "$policy"
}

# What the join scripts have in common. Sourced, not run.

kubernetes=/etc/kubernetes
state=/var/lib/nodeagent
joined_files=$state/joined-files
me=$(basename "$0")
problems=()

say() { printf '%s: %s\n' "$me" "$*"; }
die() {
    printf '%s: %s\n' "$me" "$*" >&2
    exit 1
}
problem() { problems+=("$*"); }

# Every problem at once, each with what to do about it.
report_problems() {
    [ ${#problems[@]} -eq 0 ] && return 0
    printf '%s: this host is not ready:\n' "$me" >&2
    printf '  * %s\n' "${problems[@]}" >&2
    exit 1
}

check_root() { [ "$(id -u)" = 0 ] || problem "this needs root: run it with sudo"; }

check_programs() {
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || problem "$name is missing: apt install $(package_of "$name")"
    done
}

package_of() {
    case $1 in
    kubelet | kube-proxy) echo nodeagent ;;
    ip) echo iproute2 ;;
    *) echo "$1" ;;
    esac
}

check_systemd() { [ -d /run/systemd/system ] || problem "systemd does not run here: the services need it"; }

check_swap() { [ "$(wc -l </proc/swaps)" -le 1 ] || problem "swap is on: swapoff -a and take it out of /etc/fstab, or set failSwapOn: false in $kubernetes/kubelet.conf.d"; }

# containerd or docker, whichever was asked for.
check_runtime() {
    local socket
    case $1 in
    containerd) socket=/run/containerd/containerd.sock ;;
    docker) socket=/run/docker.sock ;;
    *) die "--runtime must be containerd or docker, not $1" ;;
    esac
    [ -S "$socket" ] || problem "$1 does not run, there is no $socket: apt install $([ "$1" = docker ] && echo docker.io || echo containerd), systemctl enable --now $1"
}

check_cni_plugins() {
    [ -x /opt/cni/bin/bridge ] || [ -x /usr/lib/cni/bridge ] || problem "there are no CNI plugins in /opt/cni/bin or /usr/lib/cni: apt install containernetworking-plugins"
}

# Writes stdin to a file and notes it, so that undo and purge can take it away again.
put() {
    local file=$1 mode=$2
    mkdir -p "$(dirname "$file")" "$state"
    (umask 077 && cat >"$file.new")
    chmod "$mode" "$file.new"
    mv "$file.new" "$file"
    note "$file"
}

note() {
    mkdir -p "$state"
    grep -qxF "$1" "$joined_files" 2>/dev/null || echo "$1" >>"$joined_files"
}

# Removes what put and note have noted.
forget_files() {
    [ -f "$joined_files" ] || return 0
    local file
    while read -r file; do
        rm -f -- "$file"
    done <"$joined_files"
    rm -f "$joined_files"
}

set_kernel() {
    local module
    for module in overlay br_netfilter nf_conntrack; do
        modprobe --quiet "$module" 2>/dev/null || true
    done
    # Not every key is there on every kernel; what pods cannot do without is checked afterwards.
    sysctl --quiet --load=/usr/lib/sysctl.d/50-nodeagent.conf 2>/dev/null || true
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || die "net.ipv4.ip_forward is 0 and cannot be set: set it on the host that this one runs in"
}

# The API server, with any credentials: api PATH [CURL OPTIONS]. By a name of our own: for curl's it prints prettily, which is slow
# and which ends a v1.20 that was built with a Go later than 1.17.
api() {
    local path=$1
    shift
    curl --user-agent "nodeagent ($me)" --silent --show-error --fail-with-body --max-time 20 --cacert "$kubernetes/pki/ca.crt" "$@" "$server$path"
}

node_name() { hostname | tr '[:upper:]' '[:lower:]'; }

# As the kubelet of this node.
node_api() {
    local path=$1
    shift
    api "$path" --cert "$(kubelet_certificate)" --key "$(kubelet_key)" "$@"
}

kubelet_certificate() { sed -n 's/^ *client-certificate: *//p' "$kubernetes/kubelet.conf" | tr -d '"'; }
kubelet_key() { sed -n 's/^ *client-key: *//p' "$kubernetes/kubelet.conf" | tr -d '"'; }

wait_for() {
    local what=$1 seconds=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || die "waited $seconds s for $what: journalctl -u kubelet says why"
        sleep 0.5
    done
}

node_is_ready() {
    [ -s "$kubernetes/kubelet.conf" ] && node_api "/api/v1/nodes/$(node_name)" 2>/dev/null |
        jq -e '.status.conditions[]? | select(.type == "Ready" and .status == "True")' >/dev/null
}

wait_until_ready() {
    wait_for "node $(node_name) to be Ready" 120 node_is_ready
    say "node $(node_name) is Ready"
}

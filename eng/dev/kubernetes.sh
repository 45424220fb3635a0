# The control plane's binaries. Sourced by ./dev.
#
# NODEAGENT_KUBE_BIN names a folder with kube-apiserver, kube-controller-manager (and kubectl) of any version. Without
# it the first two are built once from Debian's own kubernetes source package, by the rules that Debian uses, and kept in
# the cache beside Debian's kubectl.

kube_cache=${XDG_CACHE_HOME:-$HOME/.cache}/nodeagent/kubernetes

kube_binaries() {
    if [ -n "${NODEAGENT_KUBE_BIN:-}" ]; then
        local name
        for name in kube-apiserver kube-controller-manager kubectl; do
            [ -x "$NODEAGENT_KUBE_BIN/$name" ] || die "NODEAGENT_KUBE_BIN is $NODEAGENT_KUBE_BIN, but $name is not an executable there"
        done
        kube_bin=$NODEAGENT_KUBE_BIN
        return
    fi
    kube_bin=$kube_cache
    if [ ! -e "$kube_cache/complete" ]; then
        (
            flock 9
            [ -e "$kube_cache/complete" ] || build_kube_binaries
        ) 9>"$(mkdir -p "$kube_cache" && echo "$kube_cache/lock")"
    fi
}

# What the build needs; nothing when there is nothing to build.
kube_build_packages() {
    [ -n "${NODEAGENT_KUBE_BIN:-}" ] || [ -e "$kube_cache/complete" ] || echo "${build_packages[@]}"
}

build_kube_binaries() {
    install_packages "${build_packages[@]}"
    say "building kube-apiserver and kube-controller-manager from Debian's kubernetes source package (once, about 5 minutes on 2 cores)"
    local work
    work=$(mktemp -d "${TMPDIR:-/tmp}/nodeagent-kubernetes.XXXXXX")
    fetch_kube_source "$work"
    local tree
    tree=$(find "$work" -mindepth 1 -maxdepth 1 -type d -name 'kubernetes-*' | head -n 1)
    [ -n "$tree" ] || die "apt-get source kubernetes left no source folder in $work"
    mkdir -p "$tree/.go/src/k8s.io"
    ln -sfn "$tree" "$tree/.go/src/k8s.io/kubernetes"
    local version
    version=$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version | sed 's/[-+].*//')
    # Nobody debugs these, and there is no cloud here: without debug information, without the cloud providers (upstream's build tag)
    # and with a compiler that collects its garbage less often, it takes half as long. Of the generated sources only the OpenAPI
    # definitions are not in the package; make all would generate every kind once more.
    (
        cd "$tree/.go/src/k8s.io/kubernetes" &&
            env GOGC=300 GOFLAGS="-gcflags=all=-dwarf=false -tags=providerless" GOPATH="$tree/.go" GO111MODULE=off CGO_ENABLED=0 GOCACHE="$work/gocache" HOME="$work" \
                KUBE_GIT_COMMIT=debian KUBE_GIT_TREE_STATE=clean KUBE_GIT_VERSION="v$version" \
                KUBE_GIT_MAJOR="${version%%.*}" KUBE_GIT_MINOR="$(echo "$version" | cut -d. -f2)" \
                bash -c 'make gen_openapi && hack/make-rules/build.sh cmd/kube-apiserver cmd/kube-controller-manager'
    ) >"$log_dir/kubernetes-build.log" 2>&1 ||
        die "building Debian's kubernetes failed; the end of $log_dir/kubernetes-build.log says: $(tail -n 5 "$log_dir/kubernetes-build.log")"
    fetch_kubectl "$work"
    local name
    for name in kube-apiserver kube-controller-manager; do
        install -m 755 "$(find "$tree/_output" -type f -name "$name" | head -n 1)" "$kube_cache/$name"
    done
    chmod -R u+w "$work"
    rm -rf "$work"
    touch "$kube_cache/complete"
}

# kubectl is the same version's, from Debian's binary package, which is not installed: the host may have another.
fetch_kubectl() {
    local work=$1
    apt_get update
    (cd "$work" && apt_get -o APT::Sandbox::User=root download kubernetes-client)
    dpkg-deb -x "$work"/kubernetes-client_*.deb "$work/client"
    install -m 755 "$work/client/usr/bin/kubectl" "$kube_cache/kubectl"
}

# Source packages come from the same places as the host's own packages, so the source list is a twin of the host's deb lines.
fetch_kube_source() {
    local work=$1 lists=$1/apt
    mkdir -p "$lists/lists/partial" "$lists/sources.d"
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        if [ -f "$file" ]; then
            sed -n 's/^deb \(.*debian\)/deb-src \1/p' "$file" >>"$lists/sources.d/host.list"
        fi
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        if [ -f "$file" ] && grep -q 'debian' "$file"; then
            sed 's/^Types:.*/Types: deb-src/' "$file" >"$lists/sources.d/$(basename "$file")"
        fi
    done
    local options=(-o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$lists/sources.d" -o "Dir::State::Lists=$lists/lists")
    apt_get "${options[@]}" update
    (cd "$work" && apt_get "${options[@]}" -o APT::Sandbox::User=root source --only-source kubernetes)
}

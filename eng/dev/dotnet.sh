# Building with the .NET SDK. Sourced by ./dev.

need_dotnet() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is not on PATH: install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says"
    local major
    major=$(cd "$root" && dotnet --version 2>/dev/null | cut -d. -f1) || true
    [ "${major:-0}" -ge 10 ] || die "the .NET SDK on PATH is not version 10 or later (global.json asks for it): $(dotnet --list-sdks | tr '\n' ' ')"
}

build() {
    say "building the solution"
    dotnet build "$root/NodeAgent.sln" -c Release --nologo -v q
}

# The three daemons and what starts a cluster of them.
publish() {
    say "publishing kubelet, kube-scheduler and kube-proxy to artifacts/nodeagent"
    dotnet msbuild "$root/eng/Publish.proj" -nologo -v:q
    # They share precompiled assemblies, and refuse to start when one of those is not of the same build.
    local daemon
    for daemon in kubelet kube-scheduler kube-proxy; do
        "$artifacts/nodeagent/$daemon" --version >/dev/null || die "$daemon does not start: see above, and run ./dev publish again if sources changed during this one"
    done
}

publish_dev_cluster() {
    dotnet msbuild "$root/eng/Publish.proj" -t:DevCluster -nologo -v:q
}

namespace NodeAgent.DevCluster.Containers;

/// <summary>The texts of containerd's and CNI's configuration.</summary>
internal static class ContainerdConfig
{
    /// <remarks>
    /// restrict_oom_score_adj: a host without CAP_SYS_RESOURCE may not lower a process's score, and every sandbox would fail.
    /// netns_mounts_under_state_dir: so that nothing of the pods is outside of the folder.
    /// </remarks>
    public static string Toml(ContainerdOptions options) => $"""
        version = 2
        root = "{options.RootFolder}"
        state = "{options.StateFolder}"

        [grpc]
          address = "{options.SocketPath}"

        [plugins."io.containerd.internal.v1.opt"]
          path = "{Path.Combine(options.Folder, "opt")}"

        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{options.SandboxImage}"
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{options.CniPlugins}"
            conf_dir = "{options.CniConfigFolder}"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
              SystemdCgroup = {(options.SystemdCgroups ? "true" : "false")}

        """;

    public static string CniConfList(ContainerdOptions options) => $$"""
        {
          "cniVersion": "0.4.0",
          "name": "{{options.Bridge}}",
          "plugins": [
            {
              "type": "bridge",
              "bridge": "{{options.Bridge}}",
              "isGateway": true,
              "ipMasq": true,
              "hairpinMode": true,
              "ipam": {
                "type": "host-local",
                "dataDir": "{{Path.Combine(options.Folder, "cni", "data")}}",
                "ranges": [[{ "subnet": "{{options.PodSubnet}}" }]],
                "routes": [{ "dst": "0.0.0.0/0" }]
              }
            },
            { "type": "portmap", "capabilities": { "portMappings": true } }
          ]
        }

        """;
}

using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Nodes;

/// <summary>The file system of a node container: a Debian of the host's release with systemd, made by debootstrap and kept in the cache.</summary>
/// <remarks>Making it takes about a minute, once for each content of this file. Needs Debian's debootstrap and root.</remarks>
public static partial class NodeImage
{
    public const string Name = "nodeagent.test/node:1";

    /// <summary>What a Debian host has before NodeAgent's package comes: the package's dependencies, both runtimes and a few tools.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        "systemd", "systemd-sysv", "dbus", "ca-certificates", "conntrack", "containerd", "containernetworking-plugins", "curl", "docker.io",
        "ethtool", "iproute2", "iptables", "iputils-ping", "jq", "kmod", "libstdc++6", "man-db", "mount", "openssl", "procps", "runc", "socat",
    ];

    private static readonly IReadOnlyDictionary<string, string> Files = new Dictionary<string, string>
    {
        // Docker mounts the cgroups read-only for a container that is not privileged, and shares no mounts with what is below.
        ["/usr/local/sbin/node-init"] = """
            #!/bin/sh
            for mount in $(awk '$2 ~ "^/sys/fs/cgroup" { print $2 }' /proc/mounts); do
                mount -o remount,bind,rw "$mount"
            done
            mount --make-rshared /
            exec /lib/systemd/systemd

            """,
        // A host that lacks CAP_SYS_RESOURCE may not lower a process's oom score: every sandbox would fail.
        ["/etc/containerd/config.toml"] = $"""
            version = 2
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{TestImages.PauseName}"
              restrict_oom_score_adj = true
              [plugins."io.containerd.grpc.v1.cri".cni]
                bin_dir = "/usr/lib/cni"
                conf_dir = "/etc/cni/net.d"

            """,
        ["/etc/docker/daemon.json"] = """
            { "bridge": "none", "iptables": false, "ip-masq": false, "live-restore": true }

            """,
        // What is left of pods at the end of a shutdown is asked once and then killed; nobody waits the default 90 s for it here.
        ["/etc/systemd/system.conf.d/stop.conf"] = "[Manager]\nDefaultTimeoutStopSec=10s\n",
        ["/etc/systemd/journald.conf.d/volatile.conf"] = "[Journal]\nStorage=volatile\nRateLimitBurst=0\n",
    };

    /// <summary>Makes the image's tar file when it is not there yet, and returns its path.</summary>
    public static async Task<string> EnsureAsync()
    {
        var folder = Path.Combine(CacheFolder(), "node-image");
        Directory.CreateDirectory(folder);
        var release = await ReleaseAsync();
        var tar = Path.Combine(folder, Key(release) + ".tar");
        await using var turn = await LockAsync(Path.Combine(folder, "lock"));
        if (!File.Exists(tar))
        {
            await BuildAsync(release, tar);
        }

        return tar;
    }

    private static async Task BuildAsync(string release, string tar)
    {
        var root = Directory.CreateTempSubdirectory("na-node-image-").FullName;
        try
        {
            var mirror = await MirrorAsync();
            await Command.RunAsync("debootstrap", ["--variant=minbase", $"--include={string.Join(',', Packages)}", release, root, mirror], timeout: TimeSpan.FromMinutes(10));
            foreach (var (path, text) in Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
                await File.WriteAllTextAsync(root + path, text);
            }

            File.SetUnixFileMode(root + "/usr/local/sbin/node-init", (UnixFileMode)0b111_101_101);
            // A node runs the engine that its test asks for.
            foreach (var link in new[] { "multi-user.target.wants/docker.service", "sockets.target.wants/docker.socket", "multi-user.target.wants/containerd.service" })
            {
                File.Delete(Path.Combine(root, "etc/systemd/system", link));
            }

            await Command.RunAsync("umount", ["--recursive", "--quiet", root + "/proc"], throwOnFailure: false);
            await Command.RunAsync("umount", ["--recursive", "--quiet", root + "/sys"], throwOnFailure: false);
            await Command.RunAsync("tar", ["-C", root, "--one-file-system", "--numeric-owner", "--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*", "--exclude=./usr/share/locale", "-cf", tar + ".new", "."]);
            File.Move(tar + ".new", tar);
        }
        finally
        {
            await Command.RunAsync("umount", ["--recursive", "--quiet", root + "/proc"], throwOnFailure: false);
            await Command.RunAsync("umount", ["--recursive", "--quiet", root + "/sys"], throwOnFailure: false);
            await Command.RunAsync("rm", ["-rf", "--one-file-system", root]);
        }
    }

    private static string Key(string release)
    {
        var content = string.Join('\n', [release, .. Packages, .. Files.Select(f => $"{f.Key}\n{f.Value}")]);
        return release + "-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..12];
    }

    private static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "nodeagent");
    }

    private static async Task<string> ReleaseAsync()
    {
        var line = (await File.ReadAllLinesAsync("/etc/os-release")).FirstOrDefault(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("/etc/os-release names no release of Debian to make node images of");
        return line.Split('=')[1].Trim('"');
    }

    // The mirror that this host's own packages come from.
    private static async Task<string> MirrorAsync()
    {
        var sources = Directory.Exists("/etc/apt/sources.list.d") ? Directory.GetFiles("/etc/apt/sources.list.d") : [];
        foreach (var file in sources.Append("/etc/apt/sources.list").Where(File.Exists))
        {
            if (MirrorAddress().Match(await File.ReadAllTextAsync(file)) is { Success: true } match)
            {
                return match.Value;
            }
        }

        return "http://deb.debian.org/debian";
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        FileStream? held = null;
        await Wait.UntilAsync($"another process to be done with {path}", TimeSpan.FromMinutes(10), () =>
        {
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return Task.FromResult(true);
        });
        return held!;
    }

    [GeneratedRegex(@"(?<=^(?:deb\s.*?|URIs:\s*))https?://\S+/debian(?=/?\s)", RegexOptions.Multiline)]
    private static partial Regex MirrorAddress();
}

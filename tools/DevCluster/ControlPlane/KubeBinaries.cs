using System.Collections.Concurrent;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>Where the upstream binaries of a test cluster are.</summary>
/// <remarks>
/// <c>NODEAGENT_KUBE_BIN</c> names a folder with any version; otherwise they are those that <c>./dev</c> builds from Debian's
/// source package. etcd is taken from the same folder when it is there, else the host's.
/// </remarks>
public sealed record KubeBinaries(string Folder, Version Version)
{
    // A kube-apiserver that says its version takes as long as three kubectls.
    private static readonly ConcurrentDictionary<string, Lazy<Task<KubeBinaries>>> Known = new();

    public string ApiServer => Path.Combine(Folder, "kube-apiserver");

    public string ControllerManager => Path.Combine(Folder, "kube-controller-manager");

    public string Kubectl => Path.Combine(Folder, "kubectl");

    /// <summary>There only where somebody put it: Debian's source package has it, <c>./dev</c> does not build it.</summary>
    public string Kubeadm => Path.Combine(Folder, "kubeadm");

    public string Etcd => File.Exists(Path.Combine(Folder, "etcd")) ? Path.Combine(Folder, "etcd") : "/usr/bin/etcd";

    public bool AtLeast(int minor) => Version >= new Version(1, minor);

    /// <exception cref="FileNotFoundException">The binaries are not there; the message says how to get them.</exception>
    public static async Task<KubeBinaries> FindAsync()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var folder = Environment.GetEnvironmentVariable("NODEAGENT_KUBE_BIN") is { Length: > 0 } given
            ? given
            : Path.Combine(cache, "nodeagent/kubernetes");
        var server = Path.Combine(folder, "kube-apiserver");
        if (!File.Exists(server))
        {
            throw new FileNotFoundException($"there is no kube-apiserver in {folder}: run ./dev binaries, or name a folder with NODEAGENT_KUBE_BIN", server);
        }

        return await Known.GetOrAdd(folder, f => new Lazy<Task<KubeBinaries>>(() => AskAsync(f, server))).Value;
    }

    private static async Task<KubeBinaries> AskAsync(string folder, string server)
    {
        var printed = (await Command.RunAsync(server, ["--version"])).Output.Trim();
        var version = printed.Split('v')[^1].Split('-', '+', '~')[0];
        return new KubeBinaries(folder, Version.Parse(version));
    }
}

using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Docker;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Containers;

/// <summary>A real Docker Engine of one's own: all that it has is in one folder, and it leaves nothing behind.</summary>
/// <remarks>
/// It touches no iptables of the host and sets no forwarding policy. Containers survive its restart (live-restore).
/// Needs Debian's docker.io, runc and containernetworking-plugins, and root.
/// </remarks>
public sealed class DockerHost : IEngineHost
{
    public const string ProcessName = "dockerd";

    private readonly DockerHostOptions _options;
    private ManagedProcess? _process;

    private DockerHost(DockerHostOptions options)
    {
        _options = options;
        Client = CreateClient(options, TimeSpan.FromSeconds(60));
    }

    public string Endpoint => _options.Endpoint;

    public IRuntimeService Runtime => Client.Runtime;

    public IReadOnlyList<string> KubeletFlags =>
    [
        $"--cni-conf-dir={_options.CniConfigFolder}",
        $"--cni-bin-dir={_options.CniPlugins}",
        $"--cni-cache-dir={_options.RuntimeStateFolder}",
        "--container-runtime=docker",
        $"--pod-infra-container-image={_options.SandboxImage}",
    ];

    /// <summary>A client of this engine; not to be disposed by its users.</summary>
    public DockerRuntime Client { get; }

    /// <exception cref="InvalidOperationException">The engine is stopped.</exception>
    public ManagedProcess Process => _process ?? throw new InvalidOperationException($"dockerd in {_options.Folder} is stopped");

    /// <summary>Starts dockerd, or finds the one that runs in the folder, and returns when pods can be run.</summary>
    public static async Task<DockerHost> StartAsync(DockerHostOptions options)
    {
        foreach (var folder in new[] { options.RootFolder, options.StateFolder, options.CniConfigFolder })
        {
            Directory.CreateDirectory(folder);
        }

        await HostMounts.EnsureRootSharedAsync();
        await File.WriteAllTextAsync(Path.Combine(options.Folder, "daemon.json"), "{}");
        if (options.Cni)
        {
            var network = new ContainerdOptions(options.Folder, options.Bridge, options.PodSubnet, options.Namespace);
            await File.WriteAllTextAsync(Path.Combine(options.CniConfigFolder, "10-nodeagent.conflist"), ContainerdConfig.CniConfList(network));
        }

        var host = new DockerHost(options);
        try
        {
            await host.StartEngineAsync();
            await Images.TestImages.EnsureArchiveAsync();
            await host.ImportAsync(Images.TestImages.ArchivePath, Images.TestImages.PauseName, Images.TestImages.BusyboxName);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The runtime as a kubelet on this engine would make it.</summary>
    public static DockerRuntime CreateClient(DockerHostOptions options, TimeSpan timeout) => new(
        new DockerOptions
        {
            SocketPath = options.SocketPath,
            SandboxImage = options.SandboxImage,
            CniConfigDirectory = options.CniConfigFolder,
            CniPluginDirectories = [options.CniPlugins],
            StateDirectory = options.RuntimeStateFolder,
            RequestTimeout = timeout,
        },
        TimeProvider.System,
        NullLoggerFactory.Instance);

    /// <summary>Starts the engine again after <see cref="StopEngineAsync"/>.</summary>
    public async Task StartEngineAsync()
    {
        // dockerd refuses to start while the pid file names any process at all.
        File.Delete(PidFile(_options));
        _process = ManagedProcess.Find(ProcessName, _options.Folder)
            ?? await ManagedProcess.StartAsync(ProcessName, _options.Folder, CommandLine(_options), NetworkNamespace.EnterPrefix(_options.Namespace));
        await Wait.UntilAsync("dockerd to be ready for pods", TimeSpan.FromSeconds(60), IsReadyAsync, () => Process.LogTail());
    }

    /// <summary>Ends the engine; containers keep running.</summary>
    public async Task StopEngineAsync()
    {
        await Process.StopAsync();
        _process = null;
    }

    public async Task KillEngineAsync()
    {
        await Process.KillAsync();
        _process = null;
    }

    /// <summary>Puts the images of an archive (docker save's format) into the engine.</summary>
    public async Task ImportAsync(string archive, params string[] names)
    {
        foreach (var name in names.Length > 0 ? names : [""])
        {
            if (name.Length == 0 || await Client.Images.ImageStatusAsync(new ImageSpec { Image = name }, CancellationToken.None) is null)
            {
                await DockerAsync("load", "--input", archive);
                return;
            }
        }
    }

    /// <summary>Runs Docker's own client against this engine.</summary>
    public Task<CommandResult> DockerAsync(params string[] arguments) => DockerAsync(_options, arguments);

    /// <summary>Removes every container, ends the engine and deletes what it had.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await RemoveAsync(_options);
    }

    /// <summary>Removes what a dockerd with these options has on the host, whichever process started it, running or not.</summary>
    public static async Task RemoveAsync(DockerHostOptions options)
    {
        if (ManagedProcess.Find(ProcessName, options.Folder) is { } running)
        {
            await RemoveContainersAsync(options);
            await running.StopAsync(TimeSpan.FromSeconds(30));
        }

        await EngineShims.KillAsync(options.ContainerdSocketPath);
        await HostMounts.UnmountBelowAsync(options.Folder);
        string[] delete = [.. NetworkNamespace.EnterPrefix(options.Namespace), "ip", "link", "delete", options.Bridge];
        await Command.RunAsync(delete[0], delete[1..], throwOnFailure: false);
        foreach (var folder in new[] { options.RootFolder, options.StateFolder, options.RuntimeStateFolder, Path.Combine(options.Folder, "cni") })
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static string[] CommandLine(DockerHostOptions options) =>
    [
        options.Binary,
        "--config-file", Path.Combine(options.Folder, "daemon.json"),
        "--data-root", options.RootFolder,
        "--exec-root", options.StateFolder,
        "--host", options.Endpoint,
        "--pidfile", PidFile(options),
        "--live-restore",
        "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
    ];

    private static string PidFile(DockerHostOptions options) => Path.Combine(options.Folder, "engine.pid");

    private static Task<CommandResult> DockerAsync(DockerHostOptions options, params string[] arguments) =>
        Command.RunAsync(options.ClientBinary, ["--host", options.Endpoint, .. arguments]);

    private async Task<bool> IsReadyAsync()
    {
        if (!Process.IsRunning)
        {
            throw new FileNotFoundException($"dockerd has ended:\n{Process.LogTail()}");
        }

        try
        {
            var status = await Client.Runtime.StatusAsync(verbose: false, CancellationToken.None);
            return status.Status.Conditions.All(c => c.Status);
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.Unavailable)
        {
            return false;
        }
    }

    // Pods first, which takes them off their network. Best effort: what the engine cannot remove any more, killing and unmounting does.
    private static async Task RemoveContainersAsync(DockerHostOptions options)
    {
        try
        {
            using var client = CreateClient(options, TimeSpan.FromSeconds(20));
            var sandboxes = await client.Runtime.ListPodSandboxAsync(null, CancellationToken.None);
            await Task.WhenAll(sandboxes.Select(s => client.Runtime.RemovePodSandboxAsync(s.Id, CancellationToken.None)));

            var others = (await DockerAsync(options, "ps", "--all", "--quiet")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (others.Length > 0)
            {
                await DockerAsync(options, ["rm", "--force", "--volumes", .. others]);
            }

            await DockerAsync(options, "network", "prune", "--force");
        }
        catch (Exception e) when (e is RuntimeException or InvalidOperationException or TimeoutException)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"removing the containers of dockerd: {e.Message}"));
        }
    }
}

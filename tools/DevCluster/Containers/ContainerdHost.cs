using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Cri;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Containers;

/// <summary>A real containerd of one's own: all that it has is in one folder, and it leaves nothing behind.</summary>
/// <remarks>Needs Debian's containerd, runc and containernetworking-plugins, and root.</remarks>
public sealed class ContainerdHost : IEngineHost
{
    public const string ProcessName = "containerd";

    private readonly ContainerdOptions _options;
    private ManagedProcess? _process;

    private ContainerdHost(ContainerdOptions options)
    {
        _options = options;
        Client = new CriClient(new CriOptions { RuntimeEndpoint = options.Endpoint, RequestTimeout = TimeSpan.FromSeconds(60) }, TimeProvider.System);
    }

    public string Endpoint => _options.Endpoint;

    public IRuntimeService Runtime => Client.Runtime;

    public IReadOnlyList<string> KubeletFlags => [];

    /// <summary>A client of this engine; not to be disposed by its users.</summary>
    public CriClient Client { get; }

    /// <exception cref="InvalidOperationException">The engine is stopped.</exception>
    public ManagedProcess Process => _process ?? throw new InvalidOperationException($"containerd in {_options.Folder} is stopped");

    /// <summary>Starts containerd, or finds the one that runs in the folder, and returns when pods can be run.</summary>
    public static async Task<ContainerdHost> StartAsync(ContainerdOptions options)
    {
        foreach (var folder in new[] { options.RootFolder, options.StateFolder, options.CniConfigFolder })
        {
            Directory.CreateDirectory(folder);
        }

        await HostMounts.EnsureRootSharedAsync();
        await File.WriteAllTextAsync(Path.Combine(options.Folder, "config.toml"), ContainerdConfig.Toml(options));
        await File.WriteAllTextAsync(Path.Combine(options.CniConfigFolder, "10-nodeagent.conflist"), ContainerdConfig.CniConfList(options));
        var host = new ContainerdHost(options);
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

    /// <summary>Starts the engine again after <see cref="StopEngineAsync"/>.</summary>
    public async Task StartEngineAsync()
    {
        _process = ManagedProcess.Find(ProcessName, _options.Folder)
            ?? await ManagedProcess.StartAsync(
                ProcessName,
                _options.Folder,
                [_options.Binary, "--config", Path.Combine(_options.Folder, "config.toml")],
                NetworkNamespace.EnterPrefix(_options.Namespace));
        await Wait.UntilAsync("containerd to be ready for pods", TimeSpan.FromSeconds(60), IsReadyAsync, () => Process.LogTail());
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

    /// <summary>Puts the images of an archive (docker save's format) into the engine and waits until pods can use them.</summary>
    public async Task ImportAsync(string archive, params string[] names)
    {
        if (names.Length > 0 && await HasAllAsync(names))
        {
            return;
        }

        await Command.RunAsync("ctr", ["--address", _options.SocketPath, "--namespace", "k8s.io", "images", "import", archive]);
        await Wait.UntilAsync($"containerd to have {string.Join(", ", names)}", TimeSpan.FromSeconds(30), () => HasAllAsync(names));
    }

    /// <summary>Removes every pod, whichever kubelet made it.</summary>
    public Task RemovePodsAsync() => RemovePodsAsync(Runtime);

    /// <summary>Removes every pod, ends the engine and deletes what it had.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await RemoveAsync(_options);
    }

    /// <summary>Removes what a containerd with these options has on the host, whichever process started it, running or not.</summary>
    public static async Task RemoveAsync(ContainerdOptions options)
    {
        if (ManagedProcess.Find(ProcessName, options.Folder) is { } running)
        {
            using var client = new CriClient(new CriOptions { RuntimeEndpoint = options.Endpoint, RequestTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);
            await RemovePodsAsync(client.Runtime);
            await running.StopAsync();
        }

        await EngineShims.KillAsync(options.SocketPath);
        await HostMounts.UnmountBelowAsync(options.Folder);
        var inside = NetworkNamespace.EnterPrefix(options.Namespace);
        string[] delete = [.. inside, "ip", "link", "delete", options.Bridge];
        await Command.RunAsync(delete[0], delete[1..], throwOnFailure: false);
        foreach (var folder in new[] { options.RootFolder, options.StateFolder, Path.Combine(options.Folder, "cni"), Path.Combine(options.Folder, "opt") })
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        if (!Process.IsRunning)
        {
            throw new FileNotFoundException($"containerd has ended:\n{Process.LogTail()}");
        }

        try
        {
            var status = await Client.Runtime.StatusAsync(verbose: false, CancellationToken.None);

            // containerd 2 has one more, for options that are going out of use.
            return status.Status.Conditions.Count(c => c.Status && c.Type is ("RuntimeReady" or "NetworkReady")) == 2;
        }
        catch (RuntimeException e) when (e.Code is RuntimeErrorCode.Unavailable or RuntimeErrorCode.Unimplemented or RuntimeErrorCode.Unknown)
        {
            return false;
        }
    }

    private async Task<bool> HasAllAsync(string[] names)
    {
        foreach (var name in names)
        {
            if (await Client.Images.ImageStatusAsync(new ImageSpec { Image = name }, CancellationToken.None) is null)
            {
                return false;
            }
        }

        return true;
    }

    // Best effort: what the engine cannot remove any more, killing its shims and unmounting does.
    private static async Task RemovePodsAsync(IRuntimeService runtime)
    {
        try
        {
            var sandboxes = await runtime.ListPodSandboxAsync(null, CancellationToken.None);
            await Task.WhenAll(sandboxes.Select(async sandbox =>
            {
                await runtime.StopPodSandboxAsync(sandbox.Id, CancellationToken.None);
                await runtime.RemovePodSandboxAsync(sandbox.Id, CancellationToken.None);
            }));
        }
        catch (RuntimeException e)
        {
            await Console.Error.WriteLineAsync($"removing the pods of containerd: {e.Message}");
        }
    }
}

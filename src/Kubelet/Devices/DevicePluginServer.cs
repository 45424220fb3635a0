using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Plugins;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.Kubelet.Devices;

/// <summary>Where device plugins register: by calling kubelet.sock in their folder, or by a socket of their own in plugins_registry.</summary>
internal sealed partial class DevicePluginServer(string folder, DeviceInventory inventory, DeviceMetrics metrics, Func<string, string, IDevicePlugin> connect, ILogger<DevicePluginServer> logger) : IPluginHandler
{
    private const string Version = "v1beta1";
    private const string SocketName = "kubelet.sock";
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private readonly ConcurrentDictionary<string, IDevicePlugin> _current = new();
    private readonly ConcurrentDictionary<Task, bool> _watches = new();
    private CancellationToken _stopping;

    string IPluginHandler.Type => "DevicePlugin";

    /// <summary>Serves registrations until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _stopping = cancellationToken;
        Directory.CreateDirectory(folder, FolderMode);

        // A plugin watches its socket: when it goes, the kubelet has started anew, and the plugin registers again.
        foreach (var left in Directory.EnumerateFiles(folder).Where(IsSocket))
        {
            File.Delete(left);
        }

        await using var server = new GrpcServer(Path.Combine(folder, SocketName));
        server.Map("v1beta1.Registration", "Register", RegisterRequest.Parser, async (request, token) =>
        {
            metrics.Registered(request.ResourceName);
            Check(request.ResourceName, [request.Version]);
            await ConnectAsync(request.ResourceName, Path.Join(folder, request.Endpoint), token);
            return new Empty();
        });
        await server.StartAsync(cancellationToken);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            await Task.WhenAll(_watches.Keys);
        }
    }

    public Task RegisterAsync(PluginInfo info, string endpoint, CancellationToken cancellationToken)
    {
        Check(info.Name, info.SupportedVersions);
        return ConnectAsync(info.Name, endpoint, cancellationToken);
    }

    public Task DeregisterAsync(string name, CancellationToken cancellationToken)
    {
        if (_current.TryRemove(name, out var plugin))
        {
            inventory.Disconnect(name, plugin);
        }

        return Task.CompletedTask;
    }

    private void Check(string resource, IReadOnlyCollection<string> versions)
    {
        if (!versions.Contains(Version))
        {
            throw Refused(resource, $"requested API version \"{string.Join(", ", versions)}\" is not supported by kubelet. Supported version is [\"{Version}\"]");
        }

        if (!ExtendedResources.IsName(resource))
        {
            throw Refused(resource, $"the ResourceName \"{resource}\" is invalid");
        }
    }

    private RuntimeException Refused(string resource, string why)
    {
        LogRefused(resource, why);
        return new RuntimeException(RuntimeErrorCode.Unknown, why);
    }

    private async Task ConnectAsync(string resource, string socket, CancellationToken cancellationToken)
    {
        var plugin = connect(resource, socket);
        try
        {
            inventory.Connect(resource, plugin, await plugin.OptionsAsync(cancellationToken));
        }
        catch (Exception e) when (e is RuntimeException or OperationCanceledException)
        {
            plugin.Dispose();
            LogRefused(resource, e.Message);
            throw;
        }

        _current[resource] = plugin;
        LogConnected(resource, socket);
        var watch = WatchAsync(resource, plugin);
        _watches[watch] = true;
        _ = watch.ContinueWith(w => _watches.TryRemove(w, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Takes news from the plugin until it ends.</summary>
    private async Task WatchAsync(string resource, IDevicePlugin plugin)
    {
        await Task.Yield();
        var why = "it has ended its stream of devices";
        try
        {
            await foreach (var news in plugin.WatchAsync(_stopping))
            {
                inventory.Update(resource, plugin, news.Devices);
                LogDevices(resource, news.Devices.Count, news.Devices.Count(d => d.Health == DeviceResource.HealthyText));
            }
        }
        catch (Exception e) when (e is RuntimeException or ObjectDisposedException)
        {
            why = e.Message;
        }
        catch (OperationCanceledException)
        {
            // The kubelet stops: what the next one is to find is written already.
            plugin.Dispose();
            return;
        }

        LogGone(resource, why);
        _current.TryRemove(KeyValuePair.Create(resource, plugin));
        inventory.Disconnect(resource, plugin);
    }

    private static bool IsSocket(string path) => Mono.Unix.Native.Syscall.lstat(path, out var stat) == 0 && (stat.st_mode & Mono.Unix.Native.FilePermissions.S_IFMT) == Mono.Unix.Native.FilePermissions.S_IFSOCK;

    [LoggerMessage(1, LogLevel.Information, "Device plugin of {Resource} at {Socket} is registered")]
    private partial void LogConnected(string resource, string socket);

    [LoggerMessage(2, LogLevel.Warning, "Device plugin of {Resource} is not registered: {Error}")]
    private partial void LogRefused(string resource, string error);

    [LoggerMessage(3, LogLevel.Warning, "Device plugin of {Resource} is gone: {Error}")]
    private partial void LogGone(string resource, string error);

    [LoggerMessage(4, LogLevel.Information, "Devices of {Resource}: {Count}, {Healthy} of them healthy")]
    private partial void LogDevices(string resource, int count, int healthy);
}

using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.Kubelet.Plugins;

/// <summary>Watches the folder that plugins put their registration sockets in, asks each who it is, and tells it whether it was taken.</summary>
internal sealed partial class PluginWatcher(string folder, IReadOnlyList<IPluginHandler> handlers, TimeProvider time, ILogger<PluginWatcher> logger)
{
    private const string Service = "pluginregistration.Registration";
    private const int LargestMessage = 4 * 1024 * 1024;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(2);
    private static readonly GrpcMethod<InfoRequest, PluginInfo> GetInfo = new(Service, "GetInfo", PluginInfo.Parser);
    private static readonly GrpcMethod<RegistrationStatus, RegistrationStatusResponse> Notify = new(Service, "NotifyRegistrationStatus", RegistrationStatusResponse.Parser);

    private readonly Dictionary<string, Known> _known = [];
    private volatile IReadOnlyList<(string Path, bool IsRegistered)> _sockets = [];

    /// <summary>As they were found last.</summary>
    public IReadOnlyList<(string Path, bool IsRegistered)> Sockets => _sockets;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        while (true)
        {
            await LookAsync(cancellationToken);
            await Task.Delay(Every, time, cancellationToken);
        }
    }

    /// <summary>Looks at the folder once.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var there = Directory.EnumerateFiles(folder, "*.sock", SearchOption.AllDirectories).ToDictionary(f => f, File.GetCreationTimeUtc);
        foreach (var (socket, known) in _known.Where(k => !there.TryGetValue(k.Key, out var created) || created != k.Value.Created).ToList())
        {
            _known.Remove(socket);
            if (known.Handler is { } handler)
            {
                LogGone(known.Name);
                await handler.DeregisterAsync(known.Name, cancellationToken);
            }
        }

        foreach (var (socket, created) in there)
        {
            if (!_known.TryGetValue(socket, out var known))
            {
                known = new Known(created);
            }

            if (known.Handler is null && known.RetryAt <= time.GetUtcNow())
            {
                _known[socket] = await TryRegisterAsync(socket, known, cancellationToken);
            }
        }

        _sockets = [.. _known.Select(k => (k.Key, k.Value.Handler is not null))];
    }

    private async Task<Known> TryRegisterAsync(string socket, Known known, CancellationToken cancellationToken)
    {
        using var channel = new GrpcChannel(socket, LargestMessage, time, "the plugin");
        try
        {
            var info = await channel.UnaryAsync(GetInfo, new InfoRequest(), CallTimeout, cancellationToken);
            var status = new RegistrationStatus { PluginRegistered = true };
            var handler = handlers.FirstOrDefault(h => h.Type == info.Type);
            try
            {
                if (handler is null)
                {
                    throw new NotSupportedException($"no handler registered for plugin type: {info.Type} at socket {socket}");
                }

                await handler.RegisterAsync(info, info.Endpoint.Length > 0 ? info.Endpoint : socket, cancellationToken);
                LogRegistered(info.Type, info.Name);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                status = new RegistrationStatus { PluginRegistered = false, Error = e.Message };
            }

            await channel.UnaryAsync(Notify, status, CallTimeout, cancellationToken);
            return status.PluginRegistered ? known with { Handler = handler, Name = info.Name } : Later(socket, known, status.Error);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Later(socket, known, e.Message);
        }
    }

    private Known Later(string socket, Known known, string error)
    {
        LogFailed(socket, error);
        var pause = known.Pause == TimeSpan.Zero ? FirstRetry : known.Pause * 2 < LongestRetry ? known.Pause * 2 : LongestRetry;
        return known with { Pause = pause, RetryAt = time.GetUtcNow() + pause };
    }

    private sealed record Known(DateTime Created)
    {
        public IPluginHandler? Handler { get; init; }

        public string Name { get; init; } = "";

        public TimeSpan Pause { get; init; }

        public DateTimeOffset RetryAt { get; init; }
    }

    [LoggerMessage(1, LogLevel.Information, "Plugin {Type} {Name} is registered")]
    private partial void LogRegistered(string type, string name);

    [LoggerMessage(2, LogLevel.Information, "Plugin {Name} is gone: its registration socket was removed")]
    private partial void LogGone(string name);

    [LoggerMessage(3, LogLevel.Warning, "The plugin at {Socket} is not registered and is tried again: {Error}")]
    private partial void LogFailed(string socket, string error);
}

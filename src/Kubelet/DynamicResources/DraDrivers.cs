using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Plugins;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>
/// The drivers of dynamic resources of this node. Of a driver that is gone for half a minute the ResourceSlices are deleted, so that
/// nothing more is scheduled for it; so are all of the node when the kubelet starts: drivers publish theirs again.
/// </summary>
/// <param name="connect">Makes a driver of its name, its API version and its socket.</param>
internal sealed partial class DraDrivers(IKubeClient? client, string nodeName, Func<string, string, string, IDraDriver> connect, TimeProvider time, ILogger<DraDrivers> logger) : IPluginHandler
{
    private static readonly TimeSpan WipeDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly string[] Services = ["v1.DRAPlugin", "v1beta1.DRAPlugin"];

    private readonly Lock _lock = new();

    /// <summary>While a driver is updated two of a name may be there; the last is used.</summary>
    private readonly Dictionary<string, List<(string Endpoint, IDraDriver Driver)>> _drivers = [];
    private readonly Dictionary<string, DateTimeOffset> _wipes = [];

    public string Type => "DRAPlugin";

    /// <exception cref="ClaimException">No such driver is registered.</exception>
    public IDraDriver Get(string name)
    {
        lock (_lock)
        {
            return _drivers.TryGetValue(name, out var some) ? some[^1].Driver : throw new ClaimException($"DRA driver {name} is not registered");
        }
    }

    public Task RegisterAsync(PluginInfo info, string endpoint, CancellationToken cancellationToken)
    {
        var service = info.SupportedVersions.FirstOrDefault(Services.Contains)
            ?? throw new NotSupportedException($"invalid supported gRPC versions of DRA driver plugin {info.Name} at endpoint {endpoint}: none of services supported by the plugin ({string.Join(", ", info.SupportedVersions)}) are supported by the kubelet ({string.Join(", ", Services)})");
        lock (_lock)
        {
            var some = _drivers.TryGetValue(info.Name, out var known) ? known : _drivers[info.Name] = [];
            foreach (var (_, old) in some.Where(d => d.Endpoint == endpoint))
            {
                old.Dispose();
            }

            some.RemoveAll(d => d.Endpoint == endpoint);
            some.Add((endpoint, connect(info.Name, service[..service.IndexOf('.', StringComparison.Ordinal)], endpoint)));
            _wipes.Remove(info.Name);
        }

        LogRegistered(info.Name, endpoint, service);
        return Task.CompletedTask;
    }

    public Task DeregisterAsync(string name, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_drivers.TryGetValue(name, out var some))
            {
                // The oldest goes: an update puts the new one beside it first.
                some[0].Driver.Dispose();
                some.RemoveAt(0);
                if (some.Count == 0)
                {
                    _drivers.Remove(name);
                    _wipes[name] = time.GetUtcNow() + WipeDelay;
                }
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Deletes the ResourceSlices of drivers that are gone, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (client is null || !(await DiscoverAsync(client, cancellationToken)))
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return;
        }

        await WipeAsync(client, "", cancellationToken);
        while (true)
        {
            await Task.Delay(Look, time, cancellationToken);
            foreach (var driver in DueWipes())
            {
                LogWiping(driver);
                await WipeAsync(client, driver, cancellationToken);
            }
        }
    }

    internal IReadOnlyList<string> DueWipes()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var due = _wipes.Where(w => w.Value <= now).Select(w => w.Key).ToList();
            due.ForEach(d => _wipes.Remove(d));
            return due;
        }
    }

    private async Task<bool> DiscoverAsync(IKubeClient api, CancellationToken cancellationToken)
    {
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            try
            {
                return (await api.DiscoverAsync(cancellationToken)).Serves(KubeApi.Resources.ResourceSlices);
            }
            catch (Exception e) when (e is KubeApiException or IOException)
            {
                // Asked again.
            }

            await Task.Delay(retry, time, cancellationToken);
        }
    }

    /// <param name="driver">Empty for all.</param>
    private async Task WipeAsync(IKubeClient api, string driver, CancellationToken cancellationToken)
    {
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            try
            {
                var selector = $"spec.nodeName={nodeName}" + (driver.Length > 0 ? $",spec.driver={driver}" : "");
                foreach (var slice in (await api.ListAsync(KubeApi.Resources.ResourceSlices, null, new ListOptions(FieldSelector: selector), cancellationToken)).Items)
                {
                    await DeleteAsync(api, slice, cancellationToken);
                }

                return;
            }
            catch (Exception e) when (e is KubeApiException or IOException)
            {
                LogNotWiped(driver.Length > 0 ? driver : "all drivers", e.Message);
            }

            await Task.Delay(retry, time, cancellationToken);
        }
    }

    private static async Task DeleteAsync(IKubeClient api, KubeApi.Resource.V1.ResourceSlice slice, CancellationToken cancellationToken)
    {
        try
        {
            await api.DeleteAsync(KubeApi.Resources.ResourceSlices, null, slice.Metadata.Name, new DeleteRequest(null, slice.Metadata.Uid), cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone, or published anew.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "DRA driver {Driver} at {Socket} is registered; it speaks {Service}")]
    private partial void LogRegistered(string driver, string socket, string service);

    [LoggerMessage(2, LogLevel.Information, "DRA driver {Driver} is gone: its ResourceSlices are deleted")]
    private partial void LogWiping(string driver);

    [LoggerMessage(3, LogLevel.Warning, "ResourceSlices of {Driver} cannot be deleted yet: {Error}")]
    private partial void LogNotWiped(string driver, string error);
}

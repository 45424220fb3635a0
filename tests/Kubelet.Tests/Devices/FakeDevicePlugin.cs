using System.Runtime.CompilerServices;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Tests.Devices;

/// <summary>A plugin that notes what it is asked.</summary>
internal sealed class FakeDevicePlugin : IDevicePlugin
{
    public List<string> Calls { get; } = [];

    public string? Refusal { get; set; }

    public string[] Prefers { get; set; } = [];

    public bool IsDisposed { get; private set; }

    public Task<DevicePluginOptions> OptionsAsync(CancellationToken cancellationToken) => Task.FromResult(new DevicePluginOptions());

    public async IAsyncEnumerable<ListAndWatchResponse> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<AllocateResponse> AllocateAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        Calls.Add("allocate " + string.Join(',', ids));
        if (Refusal is not null)
        {
            throw new RuntimeException(RuntimeErrorCode.Unknown, Refusal);
        }

        var answer = new ContainerAllocateResponse { Envs = { ["IDS"] = string.Join(',', ids) } };
        answer.Devices.AddRange(ids.Select(i => new DeviceSpec { HostPath = "/host/" + i, ContainerPath = "/dev/" + i, Permissions = "rw" }));
        return Task.FromResult(new AllocateResponse { ContainerResponses = { answer } });
    }

    public Task<PreferredAllocationResponse> PreferAsync(IReadOnlyCollection<string> available, IReadOnlyCollection<string> mustInclude, int size, CancellationToken cancellationToken)
    {
        Calls.Add($"prefer {string.Join(',', available)} with {string.Join(',', mustInclude)} of {size}");
        return Task.FromResult(new PreferredAllocationResponse { ContainerResponses = { new ContainerPreferredAllocationResponse { DeviceIDs = { Prefers } } } });
    }

    public Task PreStartAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        Calls.Add("prestart " + string.Join(',', ids));
        return Task.CompletedTask;
    }

    public void Dispose() => IsDisposed = true;

    /// <param name="devices">As <c>id</c>, <c>id@node</c> or <c>id!</c> for one that is not well.</param>
    public static IEnumerable<Device> Devices(params string[] devices) => devices.Select(text =>
    {
        var parts = text.TrimEnd('!').Split('@');
        var device = new Device { ID = parts[0], Health = text.EndsWith('!') ? "Unhealthy" : "Healthy" };
        if (parts.Length > 1)
        {
            device.Topology = new TopologyInfo { Nodes = { parts[1].Split('+').Select(n => new NUMANode { ID = long.Parse(n, System.Globalization.CultureInfo.InvariantCulture) }) } };
        }

        return device;
    });
}

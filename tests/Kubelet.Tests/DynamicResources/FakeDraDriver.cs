using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Schemas.Dra;

namespace NodeAgent.Kubelet.Tests.DynamicResources;

/// <summary>A driver that notes what it is asked; each claim gets one device.</summary>
internal sealed class FakeDraDriver(string name) : IDraDriver
{
    public List<string> Calls { get; } = [];

    public string Error { get; set; } = "";

    public bool Skips { get; set; }

    public bool IsDisposed { get; private set; }

    public string Name => name;

    public Task<NodePrepareResourcesResponse> PrepareAsync(NodePrepareResourcesRequest request, CancellationToken cancellationToken)
    {
        Calls.Add("prepare " + string.Join(',', request.Claims.Select(c => c.Name)));
        var answer = new NodePrepareResourcesResponse();
        foreach (var claim in Skips ? [] : request.Claims.AsEnumerable())
        {
            answer.Claims[claim.Uid] = new NodePrepareResourceResponse { Error = Error, Devices = { new Device { PoolName = "pool", DeviceName = "dev", RequestNames = { "req" }, CdiDeviceIds = { $"{name}/class=claim-{claim.Name}" } } } };
        }

        return Task.FromResult(answer);
    }

    public Task<NodeUnprepareResourcesResponse> UnprepareAsync(NodeUnprepareResourcesRequest request, CancellationToken cancellationToken)
    {
        Calls.Add("unprepare " + string.Join(',', request.Claims.Select(c => c.Name)));
        var answer = new NodeUnprepareResourcesResponse();
        foreach (var claim in request.Claims)
        {
            answer.Claims[claim.Uid] = new NodeUnprepareResourceResponse { Error = Error };
        }

        return Task.FromResult(answer);
    }

    public void Dispose() => IsDisposed = true;
}

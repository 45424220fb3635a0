using System.Text.Json;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Dra;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.NodePlugins;

/// <summary>A driver of dynamic resources that prepares every claim as one device without CDI names, and logs every call.</summary>
internal static class DraPlugin
{
    private const string Service = "k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin";

    public static async Task RunAsync(string name, string folder, string registry, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var gate = new Lock();
        void Note(string call, object? what)
        {
            lock (gate)
            {
                File.AppendAllText(Path.Combine(folder, "calls.log"), $"{call} {JsonSerializer.Serialize(what)}\n");
            }
        }

        var socket = Path.Combine(folder, "dra.sock");
        await using var server = new GrpcServer(socket);
        server
            .Map(Service, "NodePrepareResources", NodePrepareResourcesRequest.Parser, (request, _) =>
            {
                Note("prepare", request.Claims.Select(c => c.Name));
                var answer = new NodePrepareResourcesResponse();
                foreach (var claim in request.Claims)
                {
                    answer.Claims[claim.Uid] = new NodePrepareResourceResponse { Devices = { new Device { PoolName = "pool", DeviceName = "dev0", RequestNames = { "r" } } } };
                }

                return Task.FromResult(answer);
            })
            .Map(Service, "NodeUnprepareResources", NodeUnprepareResourcesRequest.Parser, (request, _) =>
            {
                Note("unprepare", request.Claims.Select(c => c.Name));
                var answer = new NodeUnprepareResourcesResponse();
                foreach (var claim in request.Claims)
                {
                    answer.Claims[claim.Uid] = new NodeUnprepareResourceResponse();
                }

                return Task.FromResult(answer);
            });
        await server.StartAsync(stop);
        await using var registration = new GrpcServer(Path.Combine(registry, $"{name}-reg.sock"));
        registration
            .Map("pluginregistration.Registration", "GetInfo", InfoRequest.Parser, (_, _) => Task.FromResult(new PluginInfo { Type = "DRAPlugin", Name = name, Endpoint = socket, SupportedVersions = { "v1.DRAPlugin" } }))
            .Map("pluginregistration.Registration", "NotifyRegistrationStatus", RegistrationStatus.Parser, (status, _) =>
            {
                Note("registered", new { status.PluginRegistered, status.Error });
                return Task.FromResult(new RegistrationStatusResponse());
            });
        await registration.StartAsync(stop);
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}

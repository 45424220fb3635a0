using System.Diagnostics;
using System.Text.Json;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Csi;
using NodeAgent.Kubelet.Schemas.Registration;
using Rpc = NodeAgent.Kubelet.Schemas.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace NodeAgent.NodePlugins;

/// <summary>
/// A CSI driver whose volumes are folders: staging is a tmpfs, publishing a bind mount. A block volume is the device /dev/zero.
/// Every call is written to a log, one line each, for tests to read.
/// </summary>
internal static class CsiDriver
{
    private const string Service = "csi.v1.Node";

    public static async Task RunAsync(string name, string folder, string registry, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var log = Path.Combine(folder, "calls.log");
        var gate = new Lock();
        void Note(string call, object? what)
        {
            lock (gate)
            {
                File.AppendAllText(log, $"{call} {JsonSerializer.Serialize(what)}\n");
            }
        }

        var socket = Path.Combine(folder, "csi.sock");
        await using var server = new GrpcServer(socket);
        server.Map(Service, "NodeGetInfo", NodeGetInfoRequest.Parser, (_, _) => Task.FromResult(new NodeGetInfoResponse { NodeId = "node-id-7", MaxVolumesPerNode = 5, AccessibleTopology = new Topology { Segments = { ["topology.test/rack"] = "r1" } } }))
            .Map(Service, "NodeGetCapabilities", NodeGetCapabilitiesRequest.Parser, (_, _) => Task.FromResult(new NodeGetCapabilitiesResponse { Capabilities = { Can(Rpc.StageUnstageVolume), Can(Rpc.ExpandVolume) } }))
            .Map(Service, "NodeStageVolume", NodeStageVolumeRequest.Parser, async (request, token) =>
            {
                Note("stage", new { request.VolumeId, request.StagingTargetPath, Secrets = request.Secrets.Keys, Context = request.VolumeContext, Publish = request.PublishContext, Mode = request.VolumeCapability.AccessMode.Mode.ToString() });
                if (request.VolumeCapability.Block is null && !await IsMountedAsync(request.StagingTargetPath, token))
                {
                    await RunAsync(["mount", "-t", "tmpfs", "none", request.StagingTargetPath], token);
                }

                return new NodeStageVolumeResponse();
            })
            .Map(Service, "NodePublishVolume", NodePublishVolumeRequest.Parser, async (request, token) =>
            {
                Note("publish", new { request.VolumeId, request.TargetPath, request.Readonly, Context = request.VolumeContext });
                if (request.VolumeContext.ContainsKey("refuse"))
                {
                    throw new RuntimeException(RuntimeErrorCode.Internal, "this volume is refused");
                }

                if (await IsMountedAsync(request.TargetPath, token))
                {
                    return new NodePublishVolumeResponse();
                }

                if (request.VolumeCapability.Block is not null)
                {
                    await File.WriteAllTextAsync(request.TargetPath, "", token);
                    await RunAsync(["mount", "--bind", "/dev/zero", request.TargetPath], token);
                    return new NodePublishVolumeResponse();
                }

                Directory.CreateDirectory(request.TargetPath);
                await RunAsync(request.StagingTargetPath.Length > 0 ? ["mount", "--bind", request.StagingTargetPath, request.TargetPath] : ["mount", "-t", "tmpfs", "none", request.TargetPath], token);
                if (request.VolumeContext.TryGetValue("csi.storage.k8s.io/pod.name", out var pod))
                {
                    await File.WriteAllTextAsync(Path.Combine(request.TargetPath, "pod"), pod, token);
                }

                return new NodePublishVolumeResponse();
            })
            .Map(Service, "NodeUnpublishVolume", NodeUnpublishVolumeRequest.Parser, async (request, token) =>
            {
                Note("unpublish", new { request.VolumeId, request.TargetPath });
                await UnmountAsync(request.TargetPath, token);
                return new NodeUnpublishVolumeResponse();
            })
            .Map(Service, "NodeUnstageVolume", NodeUnstageVolumeRequest.Parser, async (request, token) =>
            {
                Note("unstage", new { request.VolumeId, request.StagingTargetPath });
                await UnmountAsync(request.StagingTargetPath, token);
                return new NodeUnstageVolumeResponse();
            })
            .Map(Service, "NodeExpandVolume", NodeExpandVolumeRequest.Parser, (request, _) =>
            {
                Note("expand", new { request.VolumeId, Bytes = request.CapacityRange.RequiredBytes });
                return Task.FromResult(new NodeExpandVolumeResponse { CapacityBytes = request.CapacityRange.RequiredBytes });
            });
        await server.StartAsync(stop);
        await using var registration = new GrpcServer(Path.Combine(registry, $"{name}-reg.sock"));
        registration
            .Map("pluginregistration.Registration", "GetInfo", InfoRequest.Parser, (_, _) => Task.FromResult(new PluginInfo { Type = "CSIPlugin", Name = name, Endpoint = socket, SupportedVersions = { "1.0.0" } }))
            .Map("pluginregistration.Registration", "NotifyRegistrationStatus", RegistrationStatus.Parser, (status, _) =>
            {
                Note("registered", new { status.PluginRegistered, status.Error });
                return Task.FromResult(new RegistrationStatusResponse());
            });
        await registration.StartAsync(stop);
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static NodeServiceCapability Can(Rpc what) => new() { Rpc = new NodeServiceCapability.Types.RPC { Type = what } };

    private static async Task<bool> IsMountedAsync(string path, CancellationToken token) =>
        (await File.ReadAllLinesAsync("/proc/self/mountinfo", token)).Any(l => l.Split(' ')[4] == path);

    private static async Task UnmountAsync(string path, CancellationToken token)
    {
        if (await IsMountedAsync(path, token))
        {
            await RunAsync(["umount", path], token);
        }

        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }
    }

    private static async Task RunAsync(string[] command, CancellationToken token)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        if (process.ExitCode != 0)
        {
            throw new IOException($"{string.Join(' ', command)}: {error}");
        }
    }
}

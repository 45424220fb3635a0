using System.Diagnostics;
using System.Text.Json;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.NodePlugins;

/// <summary>
/// A device plugin whose devices are the lines of the file <c>devices</c> in its folder: id, health, NUMA node or -. It notices
/// changes of the file. Each device is a node /dev/ID in the container. It prefers devices with high ids, refuses while there is
/// a file <c>refuse</c>, registers again when the kubelet has removed its socket, and logs every call.
/// </summary>
internal sealed class DevicePlugin(string resource, string folder, string kubelet)
{
    private const string Service = "v1beta1.DevicePlugin";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();

    /// <param name="watched">The kubelet looks for registration sockets in the folder given for it; else it is called on kubelet.sock there.</param>
    public async Task RunAsync(bool watched, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(Path.Combine(folder, "share"));
        await File.WriteAllTextAsync(Path.Combine(folder, "share", "hello"), "from the plugin", stop);
        var name = resource.Replace('/', '-') + ".sock";
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var socket = watched ? Path.Combine(folder, name) : Path.Combine(kubelet, name);
                await using var server = Serve(socket);
                await server.StartAsync(stop);
                await (watched ? AnswerAsync(Path.Combine(kubelet, name), socket, stop) : RegisterAsync(name, socket, stop));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private GrpcServer Serve(string socket) => new GrpcServer(socket)
        .Map(Service, "GetDevicePluginOptions", Empty.Parser, (_, _) => Task.FromResult(new DevicePluginOptions { PreStartRequired = true, GetPreferredAllocationAvailable = true }))
        .MapStream(Service, "ListAndWatch", Empty.Parser, async (_, write, token) =>
        {
            var told = "";
            while (File.Exists(socket))
            {
                var now = await File.ReadAllTextAsync(Path.Combine(folder, "devices"), token);
                if (now != told)
                {
                    told = now;
                    await write(new ListAndWatchResponse { Devices = { now.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse) } });
                }

                await Task.Delay(Look, token);
            }
        })
        .Map(Service, "GetPreferredAllocation", PreferredAllocationRequest.Parser, (request, _) =>
        {
            var wish = request.ContainerRequests[0];
            Note("prefer", new { Available = wish.AvailableDeviceIDs, Must = wish.MustIncludeDeviceIDs, wish.AllocationSize });
            var best = wish.MustIncludeDeviceIDs.Concat(wish.AvailableDeviceIDs.Except(wish.MustIncludeDeviceIDs).OrderDescending(StringComparer.Ordinal)).Take(wish.AllocationSize);
            return Task.FromResult(new PreferredAllocationResponse { ContainerResponses = { new ContainerPreferredAllocationResponse { DeviceIDs = { best } } } });
        })
        .Map(Service, "Allocate", AllocateRequest.Parser, async (request, token) =>
        {
            var ids = request.ContainerRequests[0].DevicesIds.Order(StringComparer.Ordinal).ToList();
            Note("allocate", ids);
            var refuse = Path.Combine(folder, "refuse");
            if (File.Exists(refuse))
            {
                throw new RuntimeException(RuntimeErrorCode.Unknown, await File.ReadAllTextAsync(refuse, token));
            }

            var answer = new ContainerAllocateResponse
            {
                Envs = { ["TEST_DEVICES"] = string.Join(',', ids) },
                Annotations = { ["devices.test/ids"] = string.Join(',', ids) },
                Mounts = { new Mount { ContainerPath = "/plugin", HostPath = Path.Combine(folder, "share"), ReadOnly = true } },
            };
            foreach (var id in ids)
            {
                answer.Devices.Add(new DeviceSpec { ContainerPath = "/dev/" + id, HostPath = await NodeAsync(id, token), Permissions = "rw" });
            }

            return new AllocateResponse { ContainerResponses = { answer } };
        })
        .Map(Service, "PreStartContainer", PreStartContainerRequest.Parser, (request, _) =>
        {
            Note("prestart", request.DevicesIds.Order(StringComparer.Ordinal));
            return Task.FromResult(new PreStartContainerResponse());
        });

    /// <summary>Calls the kubelet, and returns when the kubelet has removed the socket: it has started anew.</summary>
    private async Task RegisterAsync(string name, string socket, CancellationToken stop)
    {
        var registered = false;
        while (File.Exists(socket))
        {
            if (!registered && File.Exists(Path.Combine(kubelet, "kubelet.sock")))
            {
                try
                {
                    using var channel = new GrpcChannel(Path.Combine(kubelet, "kubelet.sock"), 1024 * 1024, TimeProvider.System, "the kubelet");
                    await channel.UnaryAsync(new GrpcMethod<RegisterRequest, Empty>("v1beta1.Registration", "Register", Empty.Parser), new RegisterRequest { Version = "v1beta1", Endpoint = name, ResourceName = resource }, TimeSpan.FromSeconds(10), stop);
                    registered = true;
                    Note("registered", resource);
                }
                catch (RuntimeException e)
                {
                    Note("not-registered", e.Message);
                }
            }

            await Task.Delay(Look, stop);
        }
    }

    private async Task AnswerAsync(string registration, string socket, CancellationToken stop)
    {
        await using var server = new GrpcServer(registration);
        server
            .Map("pluginregistration.Registration", "GetInfo", InfoRequest.Parser, (_, _) => Task.FromResult(new PluginInfo { Type = "DevicePlugin", Name = resource, Endpoint = socket, SupportedVersions = { "v1beta1" } }))
            .Map("pluginregistration.Registration", "NotifyRegistrationStatus", RegistrationStatus.Parser, (status, _) =>
            {
                Note("registered", new { status.PluginRegistered, status.Error });
                return Task.FromResult(new RegistrationStatusResponse());
            });
        await server.StartAsync(stop);
        await Task.Delay(Timeout.Infinite, stop);
    }

    private static Device Parse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var device = new Device { ID = parts[0], Health = parts[1] };
        if (parts.Length > 2 && parts[2] != "-")
        {
            device.Topology = new TopologyInfo { Nodes = { new NUMANode { ID = long.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) } } };
        }

        return device;
    }

    /// <summary>A device node of its own, like /dev/zero; that itself where the host does not let nodes be made.</summary>
    private async Task<string> NodeAsync(string id, CancellationToken token)
    {
        var path = Path.Combine(folder, "node-" + id);
        if (File.Exists(path))
        {
            return path;
        }

        using var process = Process.Start(new ProcessStartInfo("mknod", [path, "c", "1", "5"]))!;
        await process.WaitForExitAsync(token);
        return process.ExitCode == 0 ? path : "/dev/zero";
    }

    private void Note(string call, object? what)
    {
        lock (_gate)
        {
            File.AppendAllText(Path.Combine(folder, "calls.log"), $"{call} {JsonSerializer.Serialize(what)}\n");
        }
    }
}

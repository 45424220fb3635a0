using NodeAgent.NodePlugins;

using var stop = new CancellationTokenSource();
using var terminated = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});
switch (args)
{
    case ["csi", var name, var folder, var registry]:
        await CsiDriver.RunAsync(name, folder, registry, stop.Token);
        return 0;
    case ["dra", var name, var folder, var registry]:
        await DraPlugin.RunAsync(name, folder, registry, stop.Token);
        return 0;
    case ["device", var resource, var folder, "call", var kubelet]:
        await new DevicePlugin(resource, folder, kubelet).RunAsync(watched: false, stop.Token);
        return 0;
    case ["device", var resource, var folder, "watch", var registry]:
        await new DevicePlugin(resource, folder, registry).RunAsync(watched: true, stop.Token);
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: node-plugins csi NAME FOLDER REGISTRY | dra NAME FOLDER REGISTRY | device RESOURCE FOLDER call DEVICE-PLUGINS | device RESOURCE FOLDER watch REGISTRY");
        return 2;
}

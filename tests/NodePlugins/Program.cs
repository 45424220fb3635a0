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
    default:
        await Console.Error.WriteLineAsync("usage: node-plugins csi NAME FOLDER REGISTRY");
        return 2;
}

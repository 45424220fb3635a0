using System.Reflection;
using System.Runtime.Loader;

namespace NodeAgent.Scheduler.Config;

/// <summary>
/// Loads one plugin assembly and what lies beside it. The contract, the API's types among it, is the scheduler's own, or the
/// plugin's objects would be of other types than the scheduler's; everything else is the plugin's own, in the version that it brings.
/// </summary>
internal sealed class PluginLoadContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
{
    private static readonly HashSet<string> Contract =
    [
        "NodeAgent.Scheduler.Framework",
        "NodeAgent.KubeApi",
        "NodeAgent.KubeApi.Schemas",
        "Google.Protobuf",
        "Microsoft.Extensions.Logging.Abstractions",
    ];

    private readonly AssemblyDependencyResolver _resolver = new(path);

    protected override Assembly? Load(AssemblyName assemblyName) =>
        !Contract.Contains(assemblyName.Name!) && _resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } file ? LoadUnmanagedDllFromPath(file) : nint.Zero;
}

using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NodeAgent.Hosting.Config;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>Plugins of others: finds their factories in the files that the configuration names.</summary>
internal static class PluginAssemblies
{
    private static readonly AssemblyName Framework = typeof(IPluginFactory).Assembly.GetName();

    /// <exception cref="ConfigException">Files cannot be used; the message lists all of them.</exception>
    public static void AddTo(PluginRegistry registry, IReadOnlyList<string> paths)
    {
        var errors = new List<string>();
        for (var i = 0; i < paths.Count; i++)
        {
            try
            {
                Add(registry, Path.GetFullPath(paths[i]));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or FormatException or InvalidOperationException or TypeLoadException or ReflectionTypeLoadException or TargetInvocationException or MissingMethodException)
            {
                errors.Add($"pluginAssemblies[{i}]: {paths[i]}: {Explain(e)}");
            }
        }

        if (errors.Count > 0)
        {
            throw new ConfigException("the configuration cannot be used", errors);
        }
    }

    /// <summary>Reads which framework the file was built against, without running any of its code.</summary>
    /// <exception cref="FormatException">Against another than this scheduler can serve.</exception>
    internal static void CheckVersion(string path)
    {
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        if (!file.HasMetadata)
        {
            throw new FormatException("it is no .NET assembly");
        }

        var metadata = file.GetMetadataReader();
        var version = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference).Where(r => metadata.GetString(r.Name) == Framework.Name).Select(r => r.Version).FirstOrDefault()
            ?? throw new FormatException($"it does not reference {Framework.Name}, so it has no plugins");
        var own = Framework.Version!;
        if (version.Major != own.Major)
        {
            throw new FormatException($"it is built against version {version.ToString(2)} of {Framework.Name}; this scheduler has {own.ToString(2)} and loads plugins of version {own.Major} only: build it against the package {own.Major}.*");
        }

        if (version.Minor > own.Minor)
        {
            throw new FormatException($"it is built against version {version.ToString(2)} of {Framework.Name}, which is newer than this scheduler's, {own.ToString(2)}: update the scheduler, or build it against {own.ToString(2)}");
        }
    }

    private static void Add(PluginRegistry registry, string path)
    {
        CheckVersion(path);
        var assembly = new PluginLoadContext(path).LoadFromAssemblyPath(path);
        var factories = assembly.GetExportedTypes().Where(t => t is { IsAbstract: false, ContainsGenericParameters: false } && t.IsAssignableTo(typeof(IPluginFactory))).ToList();
        if (factories.Count == 0)
        {
            throw new FormatException($"it has no public class that implements {nameof(IPluginFactory)}");
        }

        foreach (var type in factories)
        {
            if (type.GetConstructor(Type.EmptyTypes) is null)
            {
                throw new FormatException($"{type.FullName} has no public constructor without parameters");
            }

            registry.Add((IPluginFactory)Activator.CreateInstance(type)!);
        }
    }

    private static string Explain(Exception e) => e switch
    {
        ReflectionTypeLoadException types => string.Join("; ", types.LoaderExceptions.Select(l => l?.Message).Distinct()),
        TargetInvocationException { InnerException: { } inner } => inner.Message,
        FileNotFoundException { FileName: { } name } when !File.Exists(name) => $"{name} is not there",
        BadImageFormatException => "it is no .NET assembly",
        _ => e.Message,
    };
}

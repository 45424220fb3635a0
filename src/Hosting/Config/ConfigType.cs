using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace NodeAgent.Hosting.Config;

/// <summary>The fields of one config type.</summary>
internal sealed class ConfigType
{
    private static readonly ConcurrentDictionary<Type, ConfigType> Known = new();

    private ConfigType(Type type)
    {
        Fields = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .ToDictionary(p => p.GetCustomAttribute<ConfigFieldAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(p.Name), StringComparer.Ordinal);
        NotActedOn = type.GetCustomAttributes<NotActedOnAttribute>().SelectMany(a => a.Fields).ToHashSet(StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, PropertyInfo> Fields { get; }

    public IReadOnlySet<string> NotActedOn { get; }

    public static ConfigType Of(Type type) => Known.GetOrAdd(type, static t => new ConfigType(t));

    /// <summary>A class with fields of its own, as opposed to a leaf, a list or a map.</summary>
    public static bool IsConfigType(Type type) =>
        type.IsClass && type != typeof(string) && !type.IsGenericType && !type.IsArray && type != typeof(RawConfig);
}

using System.Collections.Frozen;
using System.Reflection;

namespace NodeAgent.KubeApi.Objects;

/// <summary>Finds the place in the API of a message type, or of the kind that a manifest names.</summary>
public static class ResourceTypes
{
    private static readonly ResourceType[] Every =
        [.. typeof(Resources).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<ResourceType>()];

    private static readonly FrozenDictionary<Type, ResourceType> ByMessage = Every.ToFrozenDictionary(r => r.NewObject().GetType());

    private static readonly FrozenDictionary<(string, string), ResourceType> ByKind = Every.ToFrozenDictionary(r => (r.ApiVersion, r.Kind));

    public static IReadOnlyList<ResourceType> All => Every;

    /// <exception cref="ArgumentException">The message is no object of the API that the daemons know.</exception>
    public static ResourceType Of(IKubeObject value) =>
        ByMessage.TryGetValue(value.GetType(), out var type) ? type : throw new ArgumentException($"{value.GetType()} is in no ResourceType of Resources.", nameof(value));

    public static ResourceType? Find(string apiVersion, string kind) => ByKind.GetValueOrDefault((apiVersion, kind));
}

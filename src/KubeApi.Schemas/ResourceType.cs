using Google.Protobuf;

namespace NodeAgent.KubeApi;

/// <summary>Where objects of one type live in the API and how their bytes are read.</summary>
/// <param name="Group">The API group, empty for the core group.</param>
/// <param name="Version">The version within the group, such as <c>v1</c>.</param>
/// <param name="Kind">The kind as it stands in manifests, such as <c>Pod</c>.</param>
/// <param name="Plural">The resource name in paths, such as <c>pods</c>.</param>
/// <param name="Namespaced">Whether objects of this type live in a namespace.</param>
public abstract record ResourceType(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    /// <summary>The value of <c>apiVersion</c> in a manifest: <c>v1</c> or <c>group/version</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>A new, empty object of this type.</summary>
    public abstract IKubeObject NewObject();
}

/// <inheritdoc cref="ResourceType"/>
/// <typeparam name="T">The message type of the objects.</typeparam>
public sealed record ResourceType<T>(string Group, string Version, string Kind, string Plural, bool Namespaced, MessageParser<T> Parser)
    : ResourceType(Group, Version, Kind, Plural, Namespaced)
    where T : class, IKubeObject, IMessage<T>, new()
{
    /// <summary>Reads objects without keeping fields that the schemas do not name; for caches, never for read-modify-write.</summary>
    public MessageParser<T> CacheParser { get; } = Parser.WithDiscardUnknownFields(true);

    /// <inheritdoc/>
    public override IKubeObject NewObject() => new T();
}

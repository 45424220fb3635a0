using Google.Protobuf;

namespace NodeAgent.Testing;

/// <summary>One call that was made of an <see cref="InMemoryKubeClient"/>.</summary>
/// <param name="Verb">get, list, watch, create, update, patch, delete, post.</param>
/// <param name="Resource">The plural name, with its subresource after a slash.</param>
/// <param name="Body">What was sent; null for patches, whose text is in <paramref name="Patch"/>.</param>
public sealed record RecordedRequest(string Verb, string Resource, string? Namespace, string? Name, IMessage? Body = null, string? Patch = null);

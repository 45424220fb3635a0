namespace NodeAgent.KubeApi.Informers;

/// <summary>What an informer lists and how it keeps it.</summary>
/// <param name="Namespace">Null for all namespaces.</param>
/// <param name="PageSize">Objects per page of the first list.</param>
/// <param name="Transform">Called on each object before it is stored, to drop what is never read; may change the object it is given.</param>
/// <param name="Indexers">Index name to function from object to keys.</param>
public sealed record InformerOptions<T>(
    string? Namespace = null,
    string? LabelSelector = null,
    string? FieldSelector = null,
    int PageSize = 500,
    Action<T>? Transform = null,
    IReadOnlyDictionary<string, Func<T, IEnumerable<string>>>? Indexers = null);

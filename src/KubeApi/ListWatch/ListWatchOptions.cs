namespace NodeAgent.KubeApi.ListWatch;

/// <param name="Namespace">Null for all namespaces.</param>
/// <param name="PageSize">Objects per page of a list.</param>
/// <param name="UseWatchList">Whether to ask for the streaming list where the server has it.</param>
public sealed record ListWatchOptions(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null, int PageSize = 500, bool UseWatchList = true);

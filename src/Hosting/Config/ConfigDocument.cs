namespace NodeAgent.Hosting.Config;

/// <summary>What a file gave.</summary>
/// <param name="NotActedOn">Paths of fields that are accepted and not acted on.</param>
/// <param name="FieldsSet">Paths of the leaf fields that the file sets, so that defaults can be told from choices.</param>
public sealed record ConfigDocument<T>(T Value, IReadOnlyList<string> NotActedOn, IReadOnlySet<string> FieldsSet);

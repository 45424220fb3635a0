namespace NodeAgent.Hosting.Config;

/// <summary>On a config type: fields that upstream has there, that a file may set, and that are only named in a warning.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class NotActedOnAttribute(params string[] fields) : Attribute
{
    public IReadOnlyList<string> Fields { get; } = fields;
}

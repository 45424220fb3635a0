namespace NodeAgent.Hosting.Config;

/// <summary>The field's name in the file, where it is not the property's name in camel case.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConfigFieldAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

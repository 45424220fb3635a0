using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Hosting.Config;

/// <summary>A part of a config file whose type is decided later: the arguments of a scheduler plugin.</summary>
public sealed class RawConfig
{
    private readonly ManifestNode _node;
    private readonly string _path;
    private readonly string _source;

    internal RawConfig(ManifestNode node, string path, string source)
    {
        _node = node;
        _path = path;
        _source = source;
    }

    /// <summary>The kind that the part says of itself; null when it says none.</summary>
    public string? Kind => (_node as MappingNode)?["kind"] is ScalarNode { Kind: ScalarKind.String } kind ? kind.Text : null;

    /// <exception cref="ConfigException">With file, line and the path from the file's root.</exception>
    public T Bind<T>()
        where T : class, new()
    {
        var errors = new ErrorList(_source);
        var value = new T();
        new ConfigBinder(errors).BindPart(typeof(T), value, _node, _path);
        return errors.Count == 0 ? value : throw new ConfigException("the configuration cannot be used", [.. errors.Errors.Select(e => e.ToString())]);
    }

    /// <summary>As JSON, for a plugin that reads its arguments itself.</summary>
    public string ToJson() => ConfigJson.Write(_node);
}

using YamlDotNet.RepresentationModel;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>One mapping of a kubeconfig, read field by field, with errors that name file, line and path.</summary>
internal sealed class KubeconfigEntry(YamlMappingNode node, string file, string path, List<string> warnings)
{
    /// <summary>The file that this stands in; relative paths in it are relative to its folder.</summary>
    public string File { get; } = file;

    public YamlMappingNode Node { get; } = node;

    public string? Text(string field) => Find(field) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value is null || IsNull(scalar) ? null : scalar.Value,
        _ => throw Error(field, "must be a text"),
    };

    /// <summary>A text that is not empty, or null.</summary>
    public string? NonEmpty(string field) => Text(field) is { Length: > 0 } text ? text : null;

    public bool Flag(string field) => NonEmpty(field) switch
    {
        null => false,
        "true" => true,
        "false" => false,
        var other => throw Error(field, $"must be true or false, not \"{other}\""),
    };

    public byte[]? Base64(string field)
    {
        if (NonEmpty(field) is not { } text)
        {
            return null;
        }

        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw Error(field, "is not base64");
        }
    }

    /// <summary>A path, relative ones resolved against the folder of the kubeconfig.</summary>
    public string? FilePath(string field) =>
        NonEmpty(field) is { } text ? Path.GetFullPath(text, Path.GetDirectoryName(File)!) : null;

    public KubeconfigEntry? Child(string field) => Find(field) switch
    {
        null => null,
        YamlScalarNode scalar when IsNull(scalar) => null,
        YamlMappingNode mapping => new KubeconfigEntry(mapping, File, Join(field), warnings),
        _ => throw Error(field, "must be a mapping"),
    };

    public KubeconfigEntry Empty(string field) => new([], File, Join(field), warnings);

    public IEnumerable<KubeconfigEntry> Items(string field) => Sequence(field)
        .Select((item, i) => item as YamlMappingNode is { } mapping
            ? new KubeconfigEntry(mapping, File, $"{Join(field)}[{i}]", warnings)
            : throw Error(field, $"item {i} must be a mapping"));

    public IReadOnlyList<string> Texts(string field) => [.. Sequence(field)
        .Select(item => item is YamlScalarNode scalar ? scalar.Value ?? "" : throw Error(field, "must be a list of texts"))];

    public void WarnUnknown(HashSet<string> known)
    {
        foreach (var key in Node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && !known.Contains(name))
            {
                warnings.Add($"{File}: line {key.Start.Line}: unknown field {Join(name)} is ignored");
            }
        }
    }

    public ClientConfigException Error(string field, string problem) =>
        new($"{File}: line {(Find(field) ?? Node).Start.Line}: {Join(field)} {problem}");

    private IEnumerable<YamlNode> Sequence(string field) => Find(field) switch
    {
        null => [],
        YamlScalarNode scalar when IsNull(scalar) => [],
        YamlSequenceNode sequence => sequence.Children,
        _ => throw Error(field, "must be a list"),
    };

    private YamlNode? Find(string field) => Node.Children.TryGetValue(new YamlScalarNode(field), out var value) ? value : null;

    private string Join(string field) => path.Length == 0 ? field : $"{path}.{field}";

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style == YamlDotNet.Core.ScalarStyle.Plain && scalar.Value is null or "" or "null" or "~";
}

using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>A kubeconfig as its files say it, entries by name, each knowing its file.</summary>
internal sealed class Kubeconfig
{
    private static readonly HashSet<string> KnownFields = ["apiVersion", "kind", "current-context", "clusters", "contexts", "users", "preferences", "extensions"];

    /// <summary>For messages: the files, in the order in which they were read.</summary>
    public required string Origin { get; init; }

    public string CurrentContext { get; private init; } = "";

    public Dictionary<string, KubeconfigEntry> Clusters { get; } = [];

    public Dictionary<string, KubeconfigEntry> Contexts { get; } = [];

    public Dictionary<string, KubeconfigEntry> Users { get; } = [];

    public List<string> Warnings { get; private init; } = [];

    public static Kubeconfig Read(string path)
    {
        path = Path.GetFullPath(path);
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClientConfigException($"the kubeconfig {path} cannot be read: {e.Message}", e);
        }

        return Parse(text, path);
    }

    public static Kubeconfig Parse(string text, string path)
    {
        var warnings = new List<string>();
        var root = ReadRoot(text, path, warnings);
        var config = new Kubeconfig { Origin = path, CurrentContext = root?.Text("current-context") ?? "", Warnings = warnings };
        if (root is null)
        {
            return config;
        }

        if (root.Text("kind") is { Length: > 0 } kind && kind != "Config")
        {
            throw new ClientConfigException($"{path} is no kubeconfig: its kind is {kind}, not Config");
        }

        if (root.Text("apiVersion") is { Length: > 0 } version && version != "v1")
        {
            throw new ClientConfigException($"{path} is no kubeconfig of this version: its apiVersion is {version}, not v1");
        }

        root.WarnUnknown(KnownFields);
        ReadEntries(root, "clusters", "cluster", config.Clusters);
        ReadEntries(root, "contexts", "context", config.Contexts);
        ReadEntries(root, "users", "user", config.Users);
        return config;
    }

    /// <summary>The first file that names a cluster, context or user, or sets the current context, wins.</summary>
    public static Kubeconfig Merge(IReadOnlyList<Kubeconfig> files)
    {
        var merged = new Kubeconfig
        {
            Origin = string.Join(", ", files.Select(f => f.Origin)),
            CurrentContext = files.Select(f => f.CurrentContext).FirstOrDefault(c => c.Length > 0) ?? "",
        };
        foreach (var file in files)
        {
            merged.Warnings.AddRange(file.Warnings);
            AddMissing(merged.Clusters, file.Clusters);
            AddMissing(merged.Contexts, file.Contexts);
            AddMissing(merged.Users, file.Users);
        }

        return merged;

        static void AddMissing(Dictionary<string, KubeconfigEntry> into, Dictionary<string, KubeconfigEntry> from)
        {
            foreach (var (name, entry) in from)
            {
                into.TryAdd(name, entry);
            }
        }
    }

    private static KubeconfigEntry? ReadRoot(string text, string path, List<string> warnings)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Select(d => d.RootNode).FirstOrDefault() switch
            {
                null or YamlScalarNode { Value: null or "" } => null,
                YamlMappingNode mapping => new KubeconfigEntry(mapping, path, "", warnings),
                _ => throw new ClientConfigException($"{path} is no kubeconfig: it does not hold a mapping"),
            };
        }
        catch (YamlException e)
        {
            throw new ClientConfigException($"the kubeconfig {path} is not YAML: line {e.Start.Line}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // What YamlDotNet throws where the text ends inside a flow sequence.
            throw new ClientConfigException($"the kubeconfig {path} is not YAML: something in it is opened and not closed", e);
        }
    }

    private static void ReadEntries(KubeconfigEntry root, string listName, string entryName, Dictionary<string, KubeconfigEntry> into)
    {
        foreach (var item in root.Items(listName))
        {
            item.WarnUnknown(["name", entryName]);
            var name = item.Text("name") ?? throw item.Error("name", "is missing");
            into.TryAdd(name, item.Child(entryName) ?? item.Empty(entryName));
        }
    }
}

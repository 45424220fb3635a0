using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Hosting.Config;

/// <summary>Reads config files, YAML or JSON, strictly into config types.</summary>
/// <remarks>
/// A config type is a class or record with a parameterless constructor; its properties carry the defaults. Fields are the
/// properties' names in camel case, or what <see cref="ConfigFieldAttribute"/> says. Known leaf types: string, bool, int, long,
/// double, <see cref="TimeSpan"/> (a Go duration), enums by name, <see cref="ConfigQuantity"/>, <see cref="ConfigIntOrString"/>,
/// <see cref="RawConfig"/>; lists, string-keyed maps and config types of these; each may be nullable. Null leaves the default.
/// </remarks>
public static class ConfigReader
{
    /// <exception cref="ConfigException">The file cannot be read or has errors: all of them.</exception>
    public static ConfigDocument<T> ReadFile<T>(string path, ConfigKind kind)
        where T : class, new() => Read<T>(ReadText(path), path, kind);

    /// <param name="source">The file's name, for messages.</param>
    public static ConfigDocument<T> Read<T>(string text, string source, ConfigKind kind)
        where T : class, new()
    {
        var errors = new ErrorList(source);
        var root = ReadTree(text, errors);
        return Bind<T>(root is null ? [] : [root], source, kind, errors);
    }

    /// <summary>
    /// A file, and over it the <c>*.conf</c> files of a directory in the order of their names. Maps are merged field by field,
    /// lists are replaced, as upstream's kubelet does it. Each drop-in has its own apiVersion and kind.
    /// </summary>
    /// <param name="path">Null or empty to start from the defaults.</param>
    /// <param name="directory">Null or empty for none.</param>
    public static ConfigDocument<T> ReadWithDropIns<T>(string? path, string? directory, ConfigKind kind)
        where T : class, new()
    {
        List<string> files = string.IsNullOrEmpty(path) ? [] : [path];
        if (!string.IsNullOrEmpty(directory))
        {
            files.AddRange(DropIns(directory));
        }

        var trees = new List<ManifestNode>();
        var errors = new List<string>();
        var notActedOn = new List<string>();
        foreach (var file in files)
        {
            // Each file is bound on its own first, so that an error names its own file and line.
            var list = new ErrorList(file);
            var tree = ReadTree(ReadText(file), list);
            var binder = new ConfigBinder(list);
            binder.BindDocument(typeof(T), new T(), tree, kind);
            errors.AddRange(list.Errors.Select(e => e.ToString()));
            notActedOn.AddRange(binder.NotActedOn);
            if (tree is not null)
            {
                trees.Add(tree);
            }
        }

        if (errors.Count > 0)
        {
            throw new ConfigException("the configuration cannot be used", errors);
        }

        var merged = Bind<T>(trees, path ?? directory ?? "", kind, new ErrorList(path ?? ""));
        return merged with { NotActedOn = [.. notActedOn.Distinct()] };
    }

    private static ConfigDocument<T> Bind<T>(IReadOnlyList<ManifestNode> trees, string source, ConfigKind kind, ErrorList errors)
        where T : class, new()
    {
        var value = new T();
        var binder = new ConfigBinder(errors);
        if (errors.Count == 0)
        {
            foreach (var tree in trees)
            {
                binder.BindDocument(typeof(T), value, tree, kind);
            }

            if (trees.Count == 0 && source.Length > 0 && !Directory.Exists(source))
            {
                errors.Add(1, 1, "", $"the file is empty; apiVersion: {kind.ApiVersion} and kind: {kind.Kind} are expected");
            }
        }

        return errors.Count == 0
            ? new ConfigDocument<T>(value, binder.NotActedOn, binder.FieldsSet)
            : throw new ConfigException("the configuration cannot be used", [.. errors.Errors.Select(e => e.ToString())]);
    }

    private static ManifestNode? ReadTree(string text, ErrorList errors)
    {
        if (text.AsSpan().TrimStart().StartsWith("{"))
        {
            return JsonTree.Read(text, errors);
        }

        var documents = YamlTree.Read(text, errors);
        if (documents.Count > 1)
        {
            errors.Add(documents[1], "", "the file has more than one document");
        }

        return documents.FirstOrDefault();
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException("the configuration cannot be read", $"{path}: {e.Message}");
        }
    }

    private static IEnumerable<string> DropIns(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, "*.conf", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException("the configuration cannot be read", $"{directory}: {e.Message}");
        }
    }
}

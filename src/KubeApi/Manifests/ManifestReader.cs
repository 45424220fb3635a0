using Google.Protobuf;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>
/// Reads manifests, YAML or JSON, into the API's messages. Strict: unknown fields, wrong types and keys given twice are errors,
/// each with its place; all errors are found in one pass. Lists (<c>kind: List</c>, <c>PodList</c>) are taken apart.
/// </summary>
public static class ManifestReader
{
    private const string ListSuffix = "List";

    /// <param name="source">The file or address, for messages.</param>
    /// <param name="allowed">The types that are wanted; none for any that is known.</param>
    public static ManifestResult Read(string text, string source, params IReadOnlyCollection<ResourceType> allowed)
    {
        var errors = new ErrorList(source);
        var objects = new List<ManifestObject>();
        foreach (var document in ReadTrees(text.TrimStart('\uFEFF'), source, ref errors))
        {
            ReadDocument(document, "", allowed, errors, objects);
        }

        return new ManifestResult(objects, errors.Errors);
    }

    /// <summary>Reads one message without apiVersion and kind of its own, such as a value within an annotation.</summary>
    /// <exception cref="FormatException">The text is malformed; the message has every error.</exception>
    public static T ReadMessage<T>(string text, string source)
        where T : class, IMessage, new()
    {
        var errors = new ErrorList(source);
        var message = new T();
        var documents = ReadTrees(text, source, ref errors);
        if (documents is [MappingNode mapping])
        {
            new MessageReader(errors).Read(mapping, message, "", message is IKubeObject ? ["apiVersion", "kind"] : []);
        }
        else if (errors.Count == 0)
        {
            errors.Add(1, 1, "", "one mapping is wanted");
        }

        return errors.Count == 0 ? message : throw new FormatException(string.Join(Environment.NewLine, errors.Errors));
    }

    private static List<ManifestNode> ReadTrees(string text, string source, ref ErrorList errors)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return YamlTree.Read(text, errors);
        }

        // YAML's flow style may begin like JSON. When it is neither, JSON's message says more.
        if (JsonTree.Read(text, errors) is { } root)
        {
            return [root];
        }

        var yamlErrors = new ErrorList(source);
        var documents = YamlTree.Read(text, yamlErrors);
        if (yamlErrors.Count > 0)
        {
            return [];
        }

        errors = yamlErrors;
        return documents;
    }

    private static void ReadDocument(ManifestNode document, string path, IReadOnlyCollection<ResourceType> allowed, ErrorList errors, List<ManifestObject> objects)
    {
        if (document is not MappingNode mapping)
        {
            errors.Add(document, path, $"an object with apiVersion and kind is wanted, not {document.Describe()}");
            return;
        }

        var apiVersion = ReadTypeField(mapping, "apiVersion", path, errors);
        var kind = ReadTypeField(mapping, "kind", path, errors);
        if (apiVersion is null || kind is null)
        {
            return;
        }

        var type = ResourceTypes.Find(apiVersion, kind);
        if (type is null && kind.EndsWith(ListSuffix, StringComparison.Ordinal))
        {
            ReadList(mapping, path, allowed, errors, objects);
        }
        else if (type is null)
        {
            errors.Add(mapping["kind"]!, path, $"{apiVersion} has no kind \"{kind}\" that is known here{Hint(kind, allowed)}");
        }
        else if (allowed.Count > 0 && !allowed.Contains(type))
        {
            errors.Add(mapping["kind"]!, path, $"a {string.Join(" or ", allowed.Select(a => a.Kind))} is wanted here, not a {kind}");
        }
        else
        {
            var value = type.NewObject();
            var before = errors.Count;
            new MessageReader(errors).Read(mapping, value, path, "apiVersion", "kind");
            if (errors.Count == before)
            {
                objects.Add(new ManifestObject(type, value, mapping.Line));
            }
        }
    }

    private static void ReadList(MappingNode list, string path, IReadOnlyCollection<ResourceType> allowed, ErrorList errors, List<ManifestObject> objects)
    {
        if (list["items"] is not SequenceNode items)
        {
            errors.Add(list, path, "a list needs items");
            return;
        }

        for (var i = 0; i < items.Items.Count; i++)
        {
            ReadDocument(items.Items[i], $"{path}items[{i}]", allowed, errors, objects);
        }
    }

    private static string? ReadTypeField(MappingNode mapping, string name, string path, ErrorList errors)
    {
        switch (mapping[name])
        {
            case ScalarNode { Kind: ScalarKind.String, Text.Length: > 0 } text:
                return text.Text;
            case null:
                var hint = NameSuggestion.Find(name, mapping.Entries.Select(e => e.Key)) is { } near ? $"; is \"{near}\" meant to be it?" : "";
                errors.Add(mapping, path, $"{name} is missing{hint}");
                return null;
            case var other:
                errors.Add(other, path, $"{name} must be a string, not {other.Describe()}");
                return null;
        }
    }

    private static string Hint(string kind, IReadOnlyCollection<ResourceType> allowed) =>
        NameSuggestion.Hint(kind, (allowed.Count > 0 ? allowed : ResourceTypes.All).Select(t => t.Kind));
}

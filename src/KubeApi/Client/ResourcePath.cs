using System.Globalization;
using System.Text;

namespace NodeAgent.KubeApi.Client;

/// <summary>Paths and queries of the API.</summary>
internal static class ResourcePath
{
    public static string Collection(ResourceType type, string? namespaceName)
    {
        var path = new StringBuilder(type.Group.Length == 0 ? "api/" : "apis/").Append(type.ApiVersion);
        if (type.Namespaced && !string.IsNullOrEmpty(namespaceName))
        {
            path.Append("/namespaces/").Append(Uri.EscapeDataString(namespaceName));
        }

        return path.Append('/').Append(type.Plural).ToString();
    }

    public static string Item(ResourceType type, string? namespaceName, string name, string? subresource)
    {
        if (name.Length == 0)
        {
            throw new ArgumentException($"an object of {type.Plural} is addressed without its name", nameof(name));
        }

        if (type.Namespaced && string.IsNullOrEmpty(namespaceName))
        {
            throw new ArgumentException($"{type.Plural} {name} is addressed without its namespace", nameof(namespaceName));
        }

        var path = $"{Collection(type, namespaceName)}/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    public static string List(ResourceType type, string? namespaceName, ListOptions options)
    {
        var query = new StringBuilder(Collection(type, namespaceName));
        Add(query, "labelSelector", options.LabelSelector);
        Add(query, "fieldSelector", options.FieldSelector);
        Add(query, "limit", options.Limit?.ToString(CultureInfo.InvariantCulture));
        Add(query, "continue", options.Continue);
        Add(query, "resourceVersion", options.ResourceVersion);
        Add(query, "resourceVersionMatch", options.ResourceVersionMatch);
        return query.ToString();
    }

    public static string Watch(ResourceType type, string? namespaceName, WatchOptions options)
    {
        var query = new StringBuilder(Collection(type, namespaceName)).Append("?watch=true");
        Add(query, "labelSelector", options.LabelSelector);
        Add(query, "fieldSelector", options.FieldSelector);
        Add(query, "resourceVersion", options.ResourceVersion);
        Add(query, "allowWatchBookmarks", options.AllowBookmarks ? "true" : null);
        Add(query, "timeoutSeconds", options.Timeout is { } timeout ? ((long)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null);
        if (options.SendInitialEvents)
        {
            Add(query, "sendInitialEvents", "true");
            Add(query, "resourceVersionMatch", "NotOlderThan");
        }

        return query.ToString();
    }

    /// <summary>The object in messages: <c>pods/status default/web-0</c>.</summary>
    public static string Describe(string verb, ResourceType type, string? namespaceName, string? name = null, string? subresource = null)
    {
        var resource = subresource is null ? type.Plural : $"{type.Plural}/{subresource}";
        var item = name is null ? namespaceName : string.IsNullOrEmpty(namespaceName) ? name : $"{namespaceName}/{name}";
        return string.IsNullOrEmpty(item) ? $"{verb} {resource}" : $"{verb} {resource} {item}";
    }

    private static void Add(StringBuilder path, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            path.Append(path.ToString().Contains('?') ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}

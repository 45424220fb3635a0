using System.Collections;
using System.Globalization;
using System.Reflection;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Hosting.Config;

/// <summary>Binds a tree to a config type, collecting every error on the way.</summary>
internal sealed class ConfigBinder(ErrorList errors)
{
    private readonly List<string> _notActedOn = [];
    private readonly HashSet<string> _fieldsSet = new(StringComparer.Ordinal);

    public IReadOnlyList<string> NotActedOn => _notActedOn;

    public IReadOnlySet<string> FieldsSet => _fieldsSet;

    /// <summary>A whole file: apiVersion and kind first.</summary>
    public void BindDocument(Type type, object target, ManifestNode? root, ConfigKind kind)
    {
        switch (root)
        {
            case null:
                return;
            case MappingNode mapping:
                Expect(mapping, "apiVersion", kind.ApiVersion);
                Expect(mapping, "kind", kind.Kind);
                BindFields(type, target, mapping, "", hasTypeMeta: true);
                return;
            default:
                errors.Add(root, "", $"the file must hold one mapping, not {root.Describe()}");
                return;
        }
    }

    /// <summary>A part with optional apiVersion and kind.</summary>
    public void BindPart(Type type, object target, ManifestNode node, string path)
    {
        if (node is MappingNode mapping)
        {
            BindFields(type, target, mapping, path, hasTypeMeta: true);
        }
        else if (node is not ScalarNode { Kind: ScalarKind.Null })
        {
            errors.Add(node, path, $"a mapping is expected, not {node.Describe()}");
        }
    }

    private void Expect(MappingNode mapping, string field, string expected)
    {
        var node = mapping[field];
        if (node is null)
        {
            errors.Add(mapping, field, $"is missing; \"{expected}\" is expected");
        }
        else if (node is not ScalarNode { Kind: ScalarKind.String } text || text.Text != expected)
        {
            errors.Add(node, field, $"must be \"{expected}\", not {node.Describe()}");
        }
    }

    private void BindFields(Type type, object target, MappingNode mapping, string path, bool hasTypeMeta = false)
    {
        var config = ConfigType.Of(type);
        foreach (var (again, firstLine) in mapping.Duplicates)
        {
            errors.Add(again.Line, again.Column, Join(path, again.Key), $"the field is set twice, first on line {firstLine}");
        }

        foreach (var entry in mapping.Entries)
        {
            var at = Join(path, entry.Key);
            if (config.Fields.TryGetValue(entry.Key, out var property))
            {
                BindProperty(property, target, entry.Value, at);
            }
            else if (config.NotActedOn.Contains(entry.Key))
            {
                _notActedOn.Add(at);
            }
            else if (!(hasTypeMeta && entry.Key is "apiVersion" or "kind"))
            {
                var near = NameSuggestion.Find(entry.Key, config.Fields.Keys.Concat(config.NotActedOn));
                errors.Add(entry.Line, entry.Column, at, $"unknown field \"{entry.Key}\"{(near is null ? "" : $"; did you mean \"{near}\"?")}");
            }
        }
    }

    private void BindProperty(PropertyInfo property, object target, ManifestNode node, string path)
    {
        if (node is ScalarNode { Kind: ScalarKind.Null })
        {
            return;
        }

        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (ConfigType.IsConfigType(type) && node is MappingNode mapping)
        {
            // A drop-in file goes on with what the files before it gave; a default object is never shared, so it is filled in place.
            var existing = property.GetValue(target) ?? Activator.CreateInstance(type)!;
            BindFields(type, existing, mapping, path);
            property.SetValue(target, existing);
            return;
        }

        if (MapValueType(type) is { } valueType && node is MappingNode map)
        {
            property.SetValue(target, BindMap(valueType, property.GetValue(target) as IDictionary, map, path));
            _fieldsSet.Add(path);
            return;
        }

        if (BindValue(type, node, path) is not { } value)
        {
            return;
        }

        if (property.IsDefined(typeof(ZeroIsDefaultAttribute)) && IsZero(value))
        {
            property.SetValue(target, property.GetValue(Activator.CreateInstance(property.DeclaringType!)));
            return;
        }

        property.SetValue(target, value);
        _fieldsSet.Add(path);
    }

    private static bool IsZero(object value) => value switch
    {
        string text => text.Length == 0,
        ConfigQuantity quantity => quantity.Text.Length == 0,
        ValueType number => number.Equals(Activator.CreateInstance(number.GetType())),
        _ => false,
    };

    /// <summary>Null when the value cannot be had, which is then among the errors.</summary>
    private object? BindValue(Type type, ManifestNode node, string path)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(RawConfig))
        {
            return new RawConfig(node, path, errors.Source);
        }

        if (MapValueType(type) is { } valueType)
        {
            return node is MappingNode map ? BindMap(valueType, null, map, path) : Wrong(node, path, "a mapping");
        }

        if (ListItemType(type) is { } itemType)
        {
            return node is SequenceNode list ? BindList(itemType, list, path) : Wrong(node, path, "a list");
        }

        if (ConfigType.IsConfigType(type))
        {
            if (node is not MappingNode mapping)
            {
                return Wrong(node, path, "a mapping");
            }

            var value = Activator.CreateInstance(type)!;
            BindFields(type, value, mapping, path);
            return value;
        }

        return node is ScalarNode scalar && scalar.Kind != ScalarKind.Null ? BindScalar(type, scalar, path) : Wrong(node, path, ConfigScalars.Describe(type));
    }

    private object? BindScalar(Type type, ScalarNode scalar, string path)
    {
        if (ConfigScalars.TryConvert(type, scalar, out var value, out var problem))
        {
            return value;
        }

        errors.Add(scalar, path, problem ?? $"{ConfigScalars.Describe(type)} is expected, not {scalar.Describe()}");
        return null;
    }

    private IList BindList(Type itemType, SequenceNode list, string path)
    {
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType))!;
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (BindValue(itemType, list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]")) is { } item)
            {
                items.Add(item);
            }
        }

        return items;
    }

    private IDictionary BindMap(Type valueType, IDictionary? existing, MappingNode mapping, string path)
    {
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType))!;
        foreach (DictionaryEntry entry in existing ?? new Hashtable())
        {
            map[entry.Key] = entry.Value;
        }

        foreach (var (again, firstLine) in mapping.Duplicates)
        {
            errors.Add(again.Line, again.Column, Join(path, again.Key), $"the key is set twice, first on line {firstLine}");
        }

        foreach (var entry in mapping.Entries)
        {
            if (BindValue(valueType, entry.Value, Join(path, entry.Key)) is { } value)
            {
                map[entry.Key] = value;
            }
        }

        return map;
    }

    private object? Wrong(ManifestNode node, string path, string expected)
    {
        errors.Add(node, path, $"{expected} is expected, not {node.Describe()}");
        return null;
    }

    private static Type? MapValueType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var generic
        && (generic == typeof(IReadOnlyDictionary<,>) || generic == typeof(Dictionary<,>) || generic == typeof(IDictionary<,>))
            ? type.GetGenericArguments()[1]
            : null;

    private static Type? ListItemType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var generic
        && (generic == typeof(IReadOnlyList<>) || generic == typeof(List<>) || generic == typeof(IList<>) || generic == typeof(IReadOnlyCollection<>))
            ? type.GetGenericArguments()[0]
            : null;

    private static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";
}

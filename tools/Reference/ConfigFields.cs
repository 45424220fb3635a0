using System.Collections;
using System.Globalization;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Reference;

/// <summary>The fields of a config type, those of its parts included, in the order of their paths.</summary>
internal static class ConfigFields
{
    private static readonly Dictionary<Type, string> Leaves = new()
    {
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "int",
        [typeof(double)] = "number",
        [typeof(TimeSpan)] = "duration",
        [typeof(ConfigQuantity)] = "quantity",
        [typeof(ConfigIntOrString)] = "int or string",
        [typeof(RawConfig)] = "object",
    };

    public static IReadOnlyList<ConfigField> Of(Type root, IReadOnlyDictionary<string, Meaning> meanings)
    {
        var fields = new List<ConfigField>();
        Walk(root, "", meanings, fields);
        return [.. fields.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    private static void Walk(Type type, string prefix, IReadOnlyDictionary<string, Meaning> meanings, List<ConfigField> fields)
    {
        var table = ConfigType.Of(type);
        var defaults = Activator.CreateInstance(type);
        foreach (var (name, property) in table.Fields)
        {
            var path = prefix + name;
            var fieldType = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (ConfigType.IsConfigType(fieldType))
            {
                Walk(fieldType, path + ".", meanings, fields);
            }
            else if (Item(fieldType, 1) is { } item && ConfigType.IsConfigType(item))
            {
                Walk(item, path + "[].", meanings, fields);
            }
            else
            {
                var meaning = meanings.GetValueOrDefault(path) ?? meanings.GetValueOrDefault("*." + name);
                fields.Add(new ConfigField(path, TypeText(fieldType), meaning?.Default ?? Text(property.GetValue(defaults)), meaning?.Text ?? "", ActedOn: true));
            }
        }

        fields.AddRange(table.NotActedOn.Select(name => new ConfigField(prefix + name, "", "", "", ActedOn: false)));
    }

    private static string TypeText(Type type) => Leaves.TryGetValue(type, out var leaf) ? leaf
        : type.IsEnum ? string.Join(" or ", Enum.GetNames(type))
        : Item(type, 1) is { } item ? $"list of {Plural(TypeText(item))}"
        : Item(type, 2) is { } value ? $"map of {Plural(TypeText(value))}"
        : throw new NotSupportedException($"no text for config fields of type {type}");

    private static string Plural(string text) => text.StartsWith("list", StringComparison.Ordinal) ? "lists" + text[4..]
        : text is "quantity" ? "quantities" : text + "s";

    // The item's type of a list (one type argument), the value's of a map (two).
    private static Type? Item(Type type, int arguments) =>
        type.IsGenericType && type.GetGenericArguments() is var all && all.Length == arguments && type.IsAssignableTo(typeof(IEnumerable)) ? all[^1] : null;

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text.Length == 0 ? "\"\"" : text,
        bool flag => flag ? "true" : "false",
        TimeSpan duration => GoDuration.Format(duration),
        IDictionary map => map.Count == 0 ? "{}" : "{" + string.Join(", ", map.Cast<DictionaryEntry>().Select(e => $"{e.Key}: {Text(e.Value)}").Order(StringComparer.Ordinal)) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(Text)) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

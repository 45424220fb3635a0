using System.Globalization;
using NodeAgent.Hosting.Flags;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Hosting.Config;

/// <summary>Single values. Nothing is converted that Go's JSON reader would not convert: a quoted number is a string.</summary>
internal static class ConfigScalars
{
    public static string Describe(Type type)
    {
        if (type.IsEnum)
        {
            return "one of " + string.Join(", ", Enum.GetNames(type));
        }

        return type == typeof(string) ? "a string"
            : type == typeof(bool) ? "true or false"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type == typeof(double) ? "a number"
            : type == typeof(TimeSpan) ? "a duration such as \"30s\" or \"1m30s\""
            : type == typeof(ConfigQuantity) ? "a quantity such as \"500m\" or \"1Gi\""
            : type == typeof(ConfigIntOrString) ? "a whole number or a string"
            : throw new NotSupportedException($"config fields cannot be of type {type}");
    }

    /// <param name="problem">Null when the value is simply of another type.</param>
    public static bool TryConvert(Type type, ScalarNode scalar, out object? value, out string? problem)
    {
        value = null;
        problem = null;
        if (type == typeof(string))
        {
            value = scalar.Kind == ScalarKind.String ? scalar.Text : null;
        }
        else if (type == typeof(bool))
        {
            value = scalar.Kind == ScalarKind.Bool ? scalar.Text == "true" : null;
        }
        else if (type == typeof(int) || type == typeof(long))
        {
            value = scalar.Kind == ScalarKind.Integer ? Integer(type, scalar.Text, ref problem) : null;
        }
        else if (type == typeof(double))
        {
            value = scalar.Kind is ScalarKind.Integer or ScalarKind.Float ? double.Parse(scalar.Text, CultureInfo.InvariantCulture) : null;
        }
        else if (type == typeof(TimeSpan))
        {
            value = scalar.Kind == ScalarKind.String && GoDuration.TryParse(scalar.Text, out var duration) ? duration
                : scalar is { Kind: ScalarKind.Integer, Text: "0" } ? TimeSpan.Zero : null;
        }
        else if (type == typeof(ConfigQuantity))
        {
            value = Quantity(scalar);
        }
        else if (type == typeof(ConfigIntOrString))
        {
            value = scalar.Kind == ScalarKind.String ? new ConfigIntOrString(null, scalar.Text)
                : scalar.Kind == ScalarKind.Integer && Integer(typeof(int), scalar.Text, ref problem) is int number ? new ConfigIntOrString(number, null) : null;
        }
        else if (type.IsEnum)
        {
            value = scalar.Kind == ScalarKind.String && Enum.GetNames(type).Contains(scalar.Text) ? Enum.Parse(type, scalar.Text) : null;
        }
        else
        {
            throw new NotSupportedException($"config fields cannot be of type {type}");
        }

        return value is not null;
    }

    private static object? Integer(Type type, string text, ref string? problem)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && (type == typeof(long) || number is >= int.MinValue and <= int.MaxValue))
        {
            return type == typeof(long) ? number : (object)(int)number;
        }

        problem = $"the number {text} is out of range";
        return null;
    }

    private static object? Quantity(ScalarNode scalar) =>
        scalar.Kind is ScalarKind.String or ScalarKind.Integer or ScalarKind.Float && IsQuantity(scalar.Text) ? new ConfigQuantity(scalar.Text) : null;

    private static bool IsQuantity(string text) => QuantityValue.TryParse(text, out _);
}

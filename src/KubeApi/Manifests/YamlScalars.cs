using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>What a plain YAML scalar is, by the rules of YAML 1.1 that Kubernetes' reader follows.</summary>
internal static partial class YamlScalars
{
    public static (ScalarKind Kind, string Text) Resolve(string plain)
    {
        switch (plain)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return (ScalarKind.Null, "null");
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return (ScalarKind.Bool, "true");
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return (ScalarKind.Bool, "false");
        }

        if (!(char.IsAsciiDigit(plain[0]) || plain[0] is '+' or '-' or '.'))
        {
            return (ScalarKind.String, plain);
        }

        if (TryParseInteger(plain.Replace("_", "", StringComparison.Ordinal), out var number))
        {
            return number >= long.MinValue && number <= ulong.MaxValue
                ? (ScalarKind.Integer, number.ToString(CultureInfo.InvariantCulture))
                : (ScalarKind.Float, ((double)number).ToString("R", CultureInfo.InvariantCulture));
        }

        var text = plain.Replace("_", "", StringComparison.Ordinal);
        return Float().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? (ScalarKind.Float, real.ToString("R", CultureInfo.InvariantCulture))
            : (ScalarKind.String, plain);
    }

    private static bool TryParseInteger(string text, out BigInteger number)
    {
        number = default;
        var isNegative = text.Length > 0 && text[0] == '-';
        var digits = text.Length > 0 && text[0] is '-' or '+' ? text[1..] : text;
        var (radix, body) = digits switch
        {
            ['0', 'x' or 'X', .. var rest] => (16, rest),
            ['0', 'b' or 'B', .. var rest] => (2, rest),
            ['0', 'o' or 'O', .. var rest] => (8, rest),
            ['0', _, ..] => (8, digits[1..]),
            _ => (10, digits),
        };
        if (body.Length is 0 or > 64)
        {
            return false;
        }

        foreach (var c in body)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return false;
            }

            number = number * radix + digit;
        }

        number = isNegative ? -number : number;
        return true;
    }

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Float();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeAgent.KubeApi.Meta.V1;

/// <summary>Times as the API writes them.</summary>
internal static partial class Rfc3339
{
    private const int FractionDigits = 7;

    /// <summary>Reads a full date, a time with seconds, any fraction, and a zone; finer than 100 ns is cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset value)
    {
        value = default;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var fraction = match.Groups["fraction"].Value;
        fraction = fraction.Length > FractionDigits ? fraction[..FractionDigits] : fraction.PadRight(FractionDigits, '0');
        var zone = match.Groups["zone"].Value;
        var exact = $"{match.Groups["time"].Value}.{fraction}{(zone == "Z" ? "+00:00" : zone)}";
        return DateTimeOffset.TryParseExact(exact, "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
    }

    [GeneratedRegex(@"^(?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.(?<fraction>\d{1,30}))?(?<zone>Z|[+-]\d\d:\d\d)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}

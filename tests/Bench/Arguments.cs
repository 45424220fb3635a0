using System.Globalization;

namespace NodeAgent.Bench;

/// <summary>Reads the options of a bench: <c>--name=value</c>.</summary>
internal static class Arguments
{
    public static int Number(string[] args, string name, int fallback) =>
        args.FirstOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal)) is { } found
            ? int.Parse(found[(name.Length + 1)..], CultureInfo.InvariantCulture)
            : fallback;
}

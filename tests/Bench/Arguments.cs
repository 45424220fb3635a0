using System.Globalization;

namespace NodeAgent.Bench;

/// <summary>Reads the options of a bench: <c>--name=value</c>.</summary>
internal static class Arguments
{
    public static int Number(string[] args, string name, int fallback) =>
        Text(args, name) is { } found ? int.Parse(found, CultureInfo.InvariantCulture) : fallback;

    public static IReadOnlyList<int> Numbers(string[] args, string name, IReadOnlyList<int> fallback) =>
        Text(args, name) is { } found ? [.. found.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))] : fallback;

    public static string? Text(string[] args, string name) =>
        args.FirstOrDefault(a => a.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}

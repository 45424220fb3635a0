using System.Globalization;
using System.Text;

namespace NodeAgent.Kubelet.Checkpoints;

/// <summary>
/// The checksum that upstream puts into its checkpoint files: FNV-1a, in 32 bits, of the data as Go's spew library prints it
/// with <c>%#v</c>. The methods below print the kinds of values that checkpoints have.
/// </summary>
internal static class GoChecksum
{
    public const string Nil = "<nil>";

    private const uint Basis = 2166136261;
    private const uint Prime = 16777619;

    public static uint Of(string text)
    {
        var hash = Basis;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * Prime;
        }

        return hash;
    }

    public static string List(IEnumerable<string>? items) => items is null ? Nil : $"[{string.Join(' ', items)}]";

    public static string Bytes(IEnumerable<byte>? bytes) => List(bytes?.Select(b => b.ToString(CultureInfo.InvariantCulture)));

    /// <param name="print">Prints a value, without its type.</param>
    public static string Map<T>(IEnumerable<KeyValuePair<string, T>>? map, Func<T, string> print) =>
        map is null ? Nil : $"map[{string.Join(' ', map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}:{print(e.Value)}"))}]";

    public static string Map<T>(IEnumerable<KeyValuePair<long, T>>? map, Func<T, string> print) =>
        map is null ? Nil : $"map[{string.Join(' ', map.OrderBy(e => e.Key).Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key}:{print(e.Value)}")))}]";
}

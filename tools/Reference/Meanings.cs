using System.Reflection;

namespace NodeAgent.Reference;

/// <summary>
/// What fields mean, from <c>Meanings/&lt;daemon&gt;.txt</c>: a line is <c>path | default | meaning</c>, the default mostly empty;
/// the path <c>*.name</c> stands for every field of that name that has no line of its own.
/// </summary>
internal static class Meanings
{
    public static IReadOnlyDictionary<string, Meaning> Read(string daemon)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(daemon)
            ?? throw new InvalidOperationException($"tools/Reference/Meanings has no file {daemon}.txt");
        using var reader = new StreamReader(stream);
        var meanings = new Dictionary<string, Meaning>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('|', 3, StringSplitOptions.TrimEntries) is [{ Length: > 0 } path, var byDefault, var text])
            {
                meanings[path] = new Meaning(byDefault.Length == 0 ? null : byDefault, text);
            }
        }

        return meanings;
    }
}

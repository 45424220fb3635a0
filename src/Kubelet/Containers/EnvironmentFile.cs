using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Containers;

/// <summary>
/// The files that fileKeyRef reads: lines of NAME='value' with comments and empty lines between; a value may go on over
/// lines. The syntax is what Kubernetes' EnvFiles feature allows: single quotes only, no spaces around the equals sign.
/// </summary>
internal static class EnvironmentFile
{
    private const long LargestFile = 64 * 1024;

    /// <returns>Null for an optional key that is not there.</returns>
    /// <exception cref="ContainerConfigException">The volume, the file or the key is not there, or the file is none of variables.</exception>
    public static string? Read(FileKeySelector selector, IReadOnlyDictionary<string, string> volumes)
    {
        if (!volumes.TryGetValue(selector.VolumeName, out var volume))
        {
            throw new ContainerConfigException($"cannot find the volume \"{selector.VolumeName}\" referenced by FileKeyRef");
        }

        string text;
        try
        {
            using var file = SafePath.OpenFile(volume, selector.Path);
            if (file.Length > LargestFile)
            {
                throw new ContainerConfigException("couldn't parse env file");
            }

            using var reader = new StreamReader(file);
            text = reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && selector.Optional)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ContainerConfigException($"couldn't parse env file: volume \"{selector.VolumeName}\", path \"{selector.Path}\": {e.Message}");
        }

        if (Find(text, selector.Key) is { Length: > 0 } value)
        {
            return value;
        }

        return selector.Optional ? null : throw new ContainerConfigException($"environment variable key \"{selector.Key}\" not found in file \"{Path.Combine(volume, selector.Path)}\"");
    }

    /// <summary>The first value of the key; empty when the file has none.</summary>
    /// <exception cref="ContainerConfigException">A line before it is no variable.</exception>
    internal static string Find(string text, string key)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r').TrimStart(' ', '\t');
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var at = i + 1;
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || line[equals - 1] is ' ' or '\t')
            {
                throw Invalid(at, "a line is NAME='value', without a space before the equals sign");
            }

            var name = line[..equals];
            var rest = line[(equals + 1)..];
            if (rest.Length > 0 && rest[0] is ' ' or '\t')
            {
                // As a shell has it: the variable is empty, what follows is none of it.
                if (name == key)
                {
                    return "";
                }

                continue;
            }

            if (!rest.StartsWith('\''))
            {
                throw Invalid(at, "the value must be in single quotes");
            }

            rest = rest[1..];
            int close;
            while ((close = rest.IndexOf('\'', StringComparison.Ordinal)) < 0)
            {
                rest += ++i < lines.Length ? "\n" + lines[i] : throw Invalid(at, "the single quote is not closed");
            }

            if (rest[(close + 1)..].TrimStart(' ', '\t') is { Length: > 0 } after && after[0] is not ('#' or '\r'))
            {
                throw Invalid(at, "something follows the closing quote");
            }

            if (name == key)
            {
                return rest[..close];
            }
        }

        return "";
    }

    private static ContainerConfigException Invalid(int line, string why) => new($"couldn't parse env file: line {line}: {why}");
}

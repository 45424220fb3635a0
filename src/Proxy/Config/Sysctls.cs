using System.Globalization;

namespace NodeAgent.Proxy.Config;

/// <summary>Kernel settings of this network namespace, below /proc/sys.</summary>
internal sealed class Sysctls(string root = "/proc/sys")
{
    /// <param name="name">With slashes: <c>net/ipv4/conf/all/route_localnet</c>.</param>
    /// <returns>Null when the kernel has no such setting.</returns>
    public int? Get(string name)
    {
        try
        {
            return int.Parse(File.ReadAllText(Path.Combine(root, name)), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Sets a value unless it is set already, which also works where /proc/sys is read-only.</summary>
    /// <returns>Null when the value stands, else why it could not be set.</returns>
    public string? Ensure(string name, int value)
    {
        if (Get(name) == value)
        {
            return null;
        }

        try
        {
            File.WriteAllText(Path.Combine(root, name), value.ToString(CultureInfo.InvariantCulture));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"set sysctl {name.Replace('/', '.')} to {value}: {e.Message}";
        }
    }
}

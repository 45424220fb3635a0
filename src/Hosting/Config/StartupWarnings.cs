using NodeAgent.Hosting.Flags;

namespace NodeAgent.Hosting.Config;

/// <summary>What is said once, after the start, of flags and config that are accepted though not as upstream takes them.</summary>
public sealed class StartupWarnings
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string line) => _lines.Add(line);

    /// <summary>One line that names the deprecated flags in use, each with what takes its place.</summary>
    public void Deprecated(IEnumerable<Flag> flags)
    {
        var all = flags.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"--{f.Name} ({f.DeprecatedFor})").ToArray();
        if (all.Length > 0)
        {
            Add($"These flags are deprecated: {string.Join(", ", all)}");
        }
    }

    /// <summary>One line that names flags or fields of Kubernetes that this project does not act on.</summary>
    /// <param name="what">Such as <c>fields of /etc/kubernetes/kubelet.yaml</c>.</param>
    public void NotActedOn(string what, IEnumerable<string> names)
    {
        var all = names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (all.Length > 0)
        {
            Add($"These {what} are accepted and not acted on: {string.Join(", ", all)}");
        }
    }
}

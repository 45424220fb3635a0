using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

/// <summary>Paths and who serves them. A path that ends in <c>/</c> serves all below it; the longest that fits is taken.</summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, RequestDelegate> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, RequestDelegate Handler)> _prefixes = [];

    /// <summary>For the list that / shows.</summary>
    public IEnumerable<string> Paths => _exact.Keys.Concat(_prefixes.Select(p => p.Prefix)).Distinct().Order(StringComparer.Ordinal);

    public void Add(string path, RequestDelegate handler)
    {
        if (path is not ['/', ..])
        {
            throw new ArgumentException($"a path begins with a slash, not as \"{path}\" does", nameof(path));
        }

        if (path.EndsWith('/'))
        {
            _prefixes.Add((path, handler));
            _prefixes.Sort(static (a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
        }
        else
        {
            _exact.Add(path, handler);
        }
    }

    public RequestDelegate? Find(string path)
    {
        if (_exact.TryGetValue(path, out var handler))
        {
            return handler;
        }

        foreach (var (prefix, below) in _prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return below;
            }
        }

        return null;
    }
}

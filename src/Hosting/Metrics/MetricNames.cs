namespace NodeAgent.Hosting.Metrics;

internal static class MetricNames
{
    public static void Check(string name, string[] labelNames, MetricType type)
    {
        if (!IsName(name, allowColon: true))
        {
            throw new ArgumentException($"'{name}' is not a metric name", nameof(name));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var label in labelNames)
        {
            if (!IsName(label, allowColon: false) || label.StartsWith("__", StringComparison.Ordinal) || (type == MetricType.Histogram && label == "le"))
            {
                throw new ArgumentException($"'{label}' is not a label name that metric {name} can have", nameof(labelNames));
            }

            if (!seen.Add(label))
            {
                throw new ArgumentException($"metric {name} names the label '{label}' twice", nameof(labelNames));
            }
        }
    }

    private static bool IsName(string name, bool allowColon)
    {
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && !(allowColon && c == ':'))
            {
                return false;
            }
        }

        return true;
    }
}

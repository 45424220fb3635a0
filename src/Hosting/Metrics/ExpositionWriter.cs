using System.Buffers;
using System.Globalization;
using System.Text;

namespace NodeAgent.Hosting.Metrics;

/// <summary>Writes families into one buffer in one of the two text formats.</summary>
internal sealed class ExpositionWriter(ExpositionFormat format)
{
    private byte[] _buffer = new byte[16 * 1024];
    private List<string>? _failures;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    /// <summary>Families whose callback threw.</summary>
    public IReadOnlyList<string> Failures => _failures ?? [];

    private bool OpenMetrics => format == ExpositionFormat.OpenMetrics;

    public void Truncate(int length) => Length = length;

    public void CountFailure(string family) => (_failures ??= []).Add(family);

    /// <summary>How the two formats write a bucket bound: OpenMetrics wants a float, "1.0".</summary>
    public static (string Text, string OpenMetrics) BoundText(double bound)
    {
        var text = bound.ToString("R", CultureInfo.InvariantCulture);
        text = text.Replace("E", "e", StringComparison.Ordinal);
        return (text, text.AsSpan().ContainsAny('.', 'e') ? text : text + ".0");
    }

    public void WriteHeader(Collector family)
    {
        var (name, type) = FamilyNameAndType(family);
        Ascii("# HELP ");
        Ascii(name);
        Ascii(" ");
        Escaped(family.Help, quotes: OpenMetrics);
        Ascii("\n# TYPE ");
        Ascii(name);
        Ascii(" ");
        Ascii(type);
        Ascii("\n");
    }

    public void WriteSample(Collector family, ReadOnlySpan<string> labelValues, double value, DateTimeOffset? timestamp = null)
    {
        Ascii(family.Name);
        Labels(family.LabelNameArray, labelValues, bound: null);
        Ascii(" ");
        Number(value);
        if (timestamp is { } at)
        {
            Ascii(" ");
            Timestamp(at);
        }

        Ascii("\n");
    }

    public void WriteHistogram(Histogram family, string[] labelValues, HistogramSeries series)
    {
        // The sum is read first: a scrape in the middle of an observation may miss it, but never shows it half counted.
        var sum = series.Sum;
        var counts = series.Counts;
        long cumulative = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            cumulative += Volatile.Read(ref counts[i]);
            Ascii(family.Name);
            Ascii("_bucket");
            var bound = i == counts.Length - 1 ? "+Inf" : OpenMetrics ? family.BucketTexts[i].OpenMetrics : family.BucketTexts[i].Text;
            Labels(family.LabelNameArray, labelValues, bound);
            Ascii(" ");
            Integer(cumulative);
            Ascii("\n");
        }

        Suffixed(family, "_sum", labelValues);
        Number(sum);
        Ascii("\n");
        Suffixed(family, "_count", labelValues);
        Integer(cumulative);
        Ascii("\n");
    }

    public void WriteEnd()
    {
        if (OpenMetrics)
        {
            Ascii("# EOF\n");
        }
    }

    private (string Name, string Type) FamilyNameAndType(Collector family)
    {
        var type = family.Type switch
        {
            MetricType.Counter => "counter",
            MetricType.Gauge => "gauge",
            _ => "histogram",
        };
        if (!OpenMetrics || family.Type != MetricType.Counter)
        {
            return (family.Name, type);
        }

        // OpenMetrics names a counter's family without the suffix that its sample must have.
        return family.Name.EndsWith("_total", StringComparison.Ordinal) ? (family.Name[..^"_total".Length], type) : (family.Name, "unknown");
    }

    private void Suffixed(Collector family, string suffix, string[] labelValues)
    {
        Ascii(family.Name);
        Ascii(suffix);
        Labels(family.LabelNameArray, labelValues, bound: null);
        Ascii(" ");
    }

    private void Labels(string[] names, ReadOnlySpan<string> values, string? bound)
    {
        if (names.Length == 0 && bound is null)
        {
            return;
        }

        Ascii("{");
        for (var i = 0; i < names.Length; i++)
        {
            Ascii(i == 0 ? "" : ",");
            Ascii(names[i]);
            Ascii("=\"");
            Escaped(values[i], quotes: true);
            Ascii("\"");
        }

        if (bound is not null)
        {
            Ascii(names.Length == 0 ? "le=\"" : ",le=\"");
            Ascii(bound);
            Ascii("\"");
        }

        Ascii("}");
    }

    private void Escaped(string text, bool quotes)
    {
        var special = quotes ? SpecialWithQuote : Special;
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var at = rest.IndexOfAny(special);
            if (at < 0)
            {
                Utf8(rest);
                return;
            }

            Utf8(rest[..at]);
            Ascii(rest[at] switch { '\n' => "\\n", '"' => "\\\"", _ => "\\\\" });
            rest = rest[(at + 1)..];
        }
    }

    private static readonly SearchValues<char> Special = SearchValues.Create("\\\n");
    private static readonly SearchValues<char> SpecialWithQuote = SearchValues.Create("\\\n\"");

    private void Timestamp(DateTimeOffset at)
    {
        if (OpenMetrics)
        {
            Number(at.ToUnixTimeMilliseconds() / 1000.0);
        }
        else
        {
            Integer(at.ToUnixTimeMilliseconds());
        }
    }

    private void Number(double value)
    {
        if (!double.IsFinite(value))
        {
            Ascii(double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
            return;
        }

        if (value == Math.Truncate(value) && Math.Abs(value) < 1e15)
        {
            Integer((long)value);
            return;
        }

        Ensure(32);
        value.TryFormat(_buffer.AsSpan(Length), out var written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    private void Integer(long value)
    {
        Ensure(24);
        value.TryFormat(_buffer.AsSpan(Length), out var written, default, CultureInfo.InvariantCulture);
        Length += written;
    }

    private void Ascii(string text) => Utf8(text);

    private void Utf8(ReadOnlySpan<char> text)
    {
        Ensure(text.Length * 3);
        Length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(Length));
    }

    private void Ensure(int room)
    {
        if (_buffer.Length - Length < room)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + room));
        }
    }
}

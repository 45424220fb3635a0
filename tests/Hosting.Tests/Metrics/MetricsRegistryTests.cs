using System.Text;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Tests.Metrics;

public class MetricsRegistryTests
{
    private readonly MetricsRegistry _registry = new();

    private string Text(ExpositionFormat format = ExpositionFormat.PrometheusText) => Encoding.UTF8.GetString(_registry.Expose(format).Span);

    [Fact]
    public void Expose_Counter_WritesHelpTypeAndSamples()
    {
        var counter = _registry.CreateCounter("requests_total", "Requests.", "code", "verb");
        counter.WithLabels("200", "GET").Inc();
        counter.WithLabels("200", "GET").Inc(2.5);
        Assert.Equal("# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{code=\"200\",verb=\"GET\"} 3.5\n", Text());
    }

    [Fact]
    public void Expose_SpecialCharacters_AreEscapedInLabelsAndHelp()
    {
        _registry.CreateGauge("g", "a \"b\" \\ c\nd", "l").WithLabels("x\"y\\z\nü").Set(1);
        Assert.Equal("# HELP g a \"b\" \\\\ c\\nd\n# TYPE g gauge\ng{l=\"x\\\"y\\\\z\\nü\"} 1\n", Text());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(1e21, "1E+21")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(123456789012, "123456789012")]
    public void Expose_Value_IsWrittenAsPrometheusReadsIt(double value, string expected)
    {
        _registry.CreateGauge("g", "h").Set(value);
        Assert.EndsWith($"\ng {expected}\n", Text());
    }

    [Fact]
    public void Expose_Histogram_CountsUpToEachBound()
    {
        var histogram = _registry.CreateHistogram("d_seconds", "h", [0.5, 1, 2], "op");
        foreach (var value in new[] { 0.5, 0.6, 2, 3 })
        {
            histogram.WithLabels("a").Observe(value);
        }

        Assert.Equal(
            """
            # HELP d_seconds h
            # TYPE d_seconds histogram
            d_seconds_bucket{op="a",le="0.5"} 1
            d_seconds_bucket{op="a",le="1"} 2
            d_seconds_bucket{op="a",le="2"} 3
            d_seconds_bucket{op="a",le="+Inf"} 4
            d_seconds_sum{op="a"} 6.1
            d_seconds_count{op="a"} 4

            """,
            Text());
    }

    [Fact]
    public void Expose_OpenMetrics_NamesCountersWithoutSuffixAndBoundsAsFloats()
    {
        _registry.CreateCounter("a_total", "h").Inc();
        _registry.CreateCounter("odd", "h").Inc();
        _registry.CreateHistogram("s", "h", [1]).Observe(1);
        Assert.Equal(
            """
            # HELP a h
            # TYPE a counter
            a_total 1
            # HELP odd h
            # TYPE odd unknown
            odd 1
            # HELP s h
            # TYPE s histogram
            s_bucket{le="1.0"} 1
            s_bucket{le="+Inf"} 1
            s_sum 1
            s_count 1
            # EOF

            """,
            Text(ExpositionFormat.OpenMetrics));
    }

    [Fact]
    public void RemoveLabelled_KnownSeries_TakesItOutOfTheExposition()
    {
        var gauge = _registry.CreateGauge("g", "h", "pod");
        gauge.WithLabels("a").Set(1);
        gauge.WithLabels("b").Set(2);
        Assert.True(gauge.RemoveLabelled("a"));
        Assert.False(gauge.RemoveLabelled("a"));
        Assert.DoesNotContain("\"a\"", Text());
        Assert.Equal(1, gauge.RemoveWhere(values => values[0] == "b"));
        Assert.Equal("", Text());
    }

    [Fact]
    public void CreateCallback_EachScrape_AsksAnew()
    {
        var value = 0;
        _registry.CreateCallback("c", "h", MetricType.Gauge, ["n"], sink => sink.Add(++value, DateTimeOffset.FromUnixTimeMilliseconds(1500), "x"));
        Assert.EndsWith("c{n=\"x\"} 1 1500\n", Text());
        Assert.Contains("c{n=\"x\"} 2 1.5\n", Text(ExpositionFormat.OpenMetrics));
    }

    [Fact]
    public void CreateCallback_Throws_LosesOnlyItsFamilyAndIsCounted()
    {
        _registry.CreateCallback("bad", "h", MetricType.Gauge, [], sink =>
        {
            sink.Add(1);
            throw new IOException("gone");
        });
        _registry.CreateGauge("zgood", "h").Set(1);
        var first = Text();
        Assert.DoesNotContain("bad 1", first);
        Assert.DoesNotContain("# HELP bad", first);
        Assert.Contains("zgood 1\n", first);
        Assert.Contains("nodeagent_metrics_callback_failures_total{metric=\"bad\"} 1\n", Text());
    }

    [Fact]
    public void Create_SameFamilyAgain_GivesTheFirst()
    {
        var first = _registry.CreateCounter("c_total", "h", "a");
        Assert.Same(first, _registry.CreateCounter("c_total", "h", "a"));
        Assert.Throws<InvalidOperationException>(() => _registry.CreateCounter("c_total", "h", "b"));
        Assert.Throws<InvalidOperationException>(() => _registry.CreateGauge("c_total", "h", "a"));
    }

    [Theory]
    [InlineData("1a", "l")]
    [InlineData("a-b", "l")]
    [InlineData("", "l")]
    [InlineData("a", "__name")]
    [InlineData("a", "b:c")]
    public void Create_BadName_IsRefused(string name, string label) =>
        Assert.Throws<ArgumentException>(() => _registry.CreateGauge(name, "h", label));

    [Fact]
    public void Create_BucketsOutOfOrder_AreRefused() =>
        Assert.Throws<ArgumentException>(() => _registry.CreateHistogram("h", "h", [1, 1]));

    [Fact]
    public void Inc_Negative_IsRefused()
    {
        var counter = _registry.CreateCounter("c_total", "h");
        Assert.Throws<ArgumentOutOfRangeException>(() => counter.Inc(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => counter.Inc(double.NaN));
    }

    [Fact]
    public void WithLabels_WrongNumber_IsRefused() =>
        Assert.Throws<ArgumentException>(() => _registry.CreateGauge("g", "h", "a", "b").WithLabels("1"));

    [Fact]
    public void WithLabels_KnownSeries_AllocatesNothing()
    {
        var counter = _registry.CreateCounter("c_total", "h", "a", "b");
        var histogram = _registry.CreateHistogram("d", "h", "a");
        Use();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Use();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Use()
        {
            counter.WithLabels("x", "y").Inc();
            histogram.WithLabels("x").Observe(0.1);
        }
    }

    [Fact]
    public async Task Inc_ManyThreads_LosesNothing()
    {
        var counter = _registry.CreateCounter("c_total", "h");
        var histogram = _registry.CreateHistogram("d", "h", [1]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                counter.Inc();
                histogram.Observe(1);
            }
        })));
        Assert.Equal(20_000, counter.Value);
        Assert.Equal(20_000, histogram.Count);
        Assert.Equal(20_000, histogram.Sum);
    }

    [Fact]
    public void ProcessMetrics_OnThisProcess_ArePlausible()
    {
        ProcessMetrics.Register(_registry);
        BuildInfo.Register(_registry);
        var values = Text().Split('\n').Where(l => l.Length > 0 && l[0] != '#').ToDictionary(l => l[..l.LastIndexOf(' ')], l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(values["process_cpu_seconds_total"], 0.01, 100_000);
        Assert.InRange(values["process_resident_memory_bytes"], 10e6, 10e9);
        Assert.True(values["process_virtual_memory_bytes"] > values["process_resident_memory_bytes"]);
        Assert.InRange(values["process_open_fds"], 3, values["process_max_fds"]);
        Assert.InRange(values["process_start_time_seconds"], DateTimeOffset.UtcNow.AddHours(-2).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddSeconds(2).ToUnixTimeSeconds());
        Assert.Contains(values.Keys, k => k.StartsWith("kubernetes_build_info{", StringComparison.Ordinal) && k.Contains("git_version=\"v1.", StringComparison.Ordinal));
        Assert.DoesNotContain(values.Keys, k => k.StartsWith("nodeagent_metrics_callback_failures_total", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;version=2.0.0,text/plain", false)]
    [InlineData("application/openmetrics-text;q=0.2,text/plain;q=0.9", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    public void Choose_AcceptHeader_DecidesTheFormat(string? accept, bool open) =>
        Assert.Equal(open ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText, ExpositionNegotiation.Choose(accept).Format);
}

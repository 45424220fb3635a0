using NodeAgent.Hosting.Flags;

namespace NodeAgent.Hosting.Tests.Flags;

public class FlagSetTests
{
    private readonly FlagSet _flags = new("kube-test", "A daemon for tests.");
    private readonly Flag<string> _config;
    private readonly Flag<bool> _bool;
    private readonly Flag<int> _verbosity;
    private readonly Flag<double> _qps;
    private readonly Flag<TimeSpan> _period;
    private readonly Flag<IReadOnlyList<string>> _list;
    private readonly Flag<IReadOnlyDictionary<string, string>> _labels;
    private readonly Flag<IReadOnlyDictionary<string, bool>> _gates;

    public FlagSetTests()
    {
        _config = _flags.String("config", "", "The path of the config file.");
        _bool = _flags.Bool("fail-swap-on", true, "Fails.");
        _verbosity = _flags.Int("v", 0, "Verbosity.", 'v');
        _qps = _flags.Float("kube-api-qps", 50, "QPS.");
        _period = _flags.Duration("sync-period", TimeSpan.FromSeconds(30), "Period.");
        _list = _flags.List("cluster-dns", ["10.0.0.10"], "DNS.");
        _labels = _flags.Map("node-labels", "Labels.");
        _gates = _flags.BoolMap("feature-gates", "Gates.");
        _flags.Ignored("cloud-provider");
        _flags.IgnoredBool("containerized");
    }

    [Theory]
    [InlineData("--config=/a=b", "/a=b")]
    [InlineData("--config /a", "/a")]
    [InlineData("--config=", "")]
    [InlineData("--config /a --config /b", "/b")]
    public void Parse_String(string line, string expected)
    {
        _flags.Parse(line.Split(' '));
        Assert.Equal(expected, _config.Value);
        Assert.True(_config.IsSet);
    }

    [Theory]
    [InlineData("--fail-swap-on", true)]
    [InlineData("--fail-swap-on=false", false)]
    [InlineData("--fail_swap_on=F", false)]
    [InlineData("--fail-swap-on=1", true)]
    public void Parse_Bool(string argument, bool expected)
    {
        _flags.Parse([argument]);
        Assert.Equal(expected, _bool.Value);
    }

    [Theory]
    [InlineData("-v 2")]
    [InlineData("-v=2")]
    [InlineData("-v2")]
    [InlineData("--v=2")]
    [InlineData("--v 2")]
    public void Parse_Shorthand(string line)
    {
        _flags.Parse(line.Split(' '));
        Assert.Equal(2, _verbosity.Value);
    }

    [Fact]
    public void Parse_ListsAndMaps_GoOnWhenRepeated()
    {
        _flags.Parse(["--cluster-dns=1.1.1.1,2.2.2.2", "--cluster-dns", "3.3.3.3", "--node-labels=a=1,b=x=y", "--node-labels=a=2", "--feature-gates=A=true,B=false", "--kube-api-qps=1.5", "--sync-period=1m30s"]);
        Assert.Equal(["1.1.1.1", "2.2.2.2", "3.3.3.3"], _list.Value);
        Assert.Equal("a=2,b=x=y", _labels.ValueText);
        Assert.True(_gates.Value["A"]);
        Assert.False(_gates.Value["B"]);
        Assert.Equal(1.5, _qps.Value);
        Assert.Equal(90, _period.Value.TotalSeconds);
    }

    [Theory]
    [InlineData("--confg=/a", "unknown flag: --confg; did you mean --config?")]
    [InlineData("--zzzzzzzz", "unknown flag: --zzzzzzzz")]
    [InlineData("-x", "unknown shorthand flag: 'x' in -x")]
    [InlineData("-config", "unknown shorthand flag: 'c' in -config; did you mean --config?")]
    [InlineData("--config", "flag needs an argument: --config")]
    [InlineData("--fail-swap-on=maybe", "invalid argument \"maybe\" for \"--fail-swap-on\" flag: true or false is expected")]
    [InlineData("-v=x", "invalid argument \"x\" for \"-v, --v\" flag: a whole number is expected")]
    [InlineData("--v=99999999999", "invalid argument \"99999999999\" for \"-v, --v\" flag: the number is out of range")]
    [InlineData("--sync-period=5", "invalid argument \"5\" for \"--sync-period\" flag: a duration such as 30s, 1m30s or 500ms is expected")]
    [InlineData("--node-labels=a", "invalid argument \"a\" for \"--node-labels\" flag: key=value is expected, not \"a\"")]
    [InlineData("run", "unknown command \"run\": kube-test takes no arguments beside its flags")]
    [InlineData("--fail-swap-on false", "unknown command \"false\": kube-test takes no arguments beside its flags")]
    public void Parse_Bad_SaysWhich(string line, string expected) =>
        Assert.Equal(expected, Assert.Throws<FlagException>(() => _flags.Parse(line.Split(' '))).Message);

    [Fact]
    public void Parse_FlagsNotActedOn_AreAcceptedAndNamed()
    {
        _flags.Parse(["--cloud-provider=external", "--containerized"]);
        Assert.Equal(["--cloud-provider", "--containerized"], _flags.IgnoredInUse);
    }

    [Fact]
    public void Over_FlagSet_WinsOverTheConfigFile()
    {
        Assert.Equal(TimeSpan.FromHours(1), _period.Over(TimeSpan.FromHours(1)));
        _flags.Parse(["--sync-period=30s"]);
        Assert.Equal(TimeSpan.FromSeconds(30), _period.Over(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Help_NamesEveryFlagWithItsDefault()
    {
        var help = _flags.Help();
        Assert.Contains("      --cluster-dns strings (default 10.0.0.10)\n                DNS.\n", help);
        Assert.Contains("  -v, --v int\n", help);
        Assert.Contains("--sync-period duration (default 30s)", help);
        Assert.Contains("--cloud-provider, --containerized", help);
        _flags.Parse(["--help"]);
        Assert.True(_flags.HelpRequested);
    }
}

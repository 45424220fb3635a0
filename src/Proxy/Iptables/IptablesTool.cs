using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Iptables;

/// <summary>The tables of one family in this network namespace, through the programs of one iptables flavour.</summary>
/// <param name="writes">Told of every write; null for one that writes once or not at all, and need not be quick about it.</param>
internal sealed partial class IptablesTool(IPFamily family, IptablesFlavour flavour, IWriteObserver? writes = null) : IIptables, IRuleDump, IDisposable
{
    /// <summary>Seconds to wait for the lock that programs of the legacy flavour share.</summary>
    private const string LockWaitSeconds = "5";
    private const int NftChainsPerRestore = 500;

    /// <remarks>At 5,000 Services a walk of the kernel's takes 40 ms; 2,000 chains in one input cost the program about as much as that.</remarks>
    private const int NftChainsPerChange = 2000;
    private static readonly string[] RestoreArguments = ["--noflush", "--counters", "-w", LockWaitSeconds];

    /// <remarks>The legacy flavour holds echoes back until it ends.</remarks>
    private readonly WaitingCommand _restore = flavour == IptablesFlavour.Nft
        ? new(ProgramOf(family, flavour, "-restore"), [.. RestoreArguments, "-v"], echoes: true)
        : new(ProgramOf(family, flavour, "-restore"), RestoreArguments);

    public IPFamily Family { get; } = family;

    public IptablesFlavour Flavour { get; } = flavour;

    /// <summary>Each restore of the legacy flavour reads and writes the whole table, so there one is best.</summary>
    public int MaxChainsPerRestore => Flavour == IptablesFlavour.Legacy ? int.MaxValue : NftChainsPerRestore;

    public int MaxChainsPerChange => Flavour == IptablesFlavour.Legacy ? int.MaxValue : NftChainsPerChange;

    public async Task<KernelState> ReadAsync(CancellationToken cancellationToken)
    {
        var parser = new SaveParser();
        var result = await Command.RunAsync(Program("-save"), [], default, parser.Add, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new IptablesException($"read the rules with {Program("-save")}: exit code {result.ExitCode}: {result.Error}");
        }

        return parser.Finish();
    }

    /// <summary>Reads the table that has the fewest rules: whether that is possible says whether the host has this flavour and family.</summary>
    /// <exception cref="IptablesException">It cannot be read.</exception>
    public async Task<KernelState> ReadMangleAsync(CancellationToken cancellationToken)
    {
        var parser = new SaveParser();
        await SaveAsync(Table.Mangle, counters: false, parser.Add, cancellationToken);
        return parser.Finish();
    }

    public async Task<bool> HasCanariesAsync(CancellationToken cancellationToken)
    {
        foreach (var canary in BaseRules.Canaries)
        {
            if (!await HoldsAsync(canary.Table, ["-S", canary.Name], $"chain {canary}", cancellationToken))
            {
                return false;
            }
        }

        foreach (var jump in BaseRules.CanaryJumps)
        {
            if (!await HoldsAsync(jump.Chain.Table, ["-C", jump.Chain.Name, .. SplitRule(jump.Rule)], $"the jump from {jump.Chain}", cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    public async Task RestoreAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        CommandResult result;
        try
        {
            result = await _restore.RunAsync(text, cancellationToken, id => writes?.Writing(id));
        }
        finally
        {
            writes?.Written();
        }

        if (result.ExitCode != 0)
        {
            throw new IptablesException($"write rules with {Program("-restore")}: exit code {result.ExitCode}: {result.Error}{Offending(result, text)}");
        }
    }

    public async Task SaveAsync(Table table, bool counters, Action<string> line, CancellationToken cancellationToken)
    {
        string[] arguments = counters ? ["-c", "-t", table.Text()] : ["-t", table.Text()];
        var result = await Command.RunAsync(Program("-save"), arguments, default, line, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new IptablesException($"read the rules of table {table.Text()} with {Program("-save")}: exit code {result.ExitCode}: {result.Error}");
        }
    }

    private async Task<bool> HoldsAsync(Table table, IReadOnlyList<string> question, string what, CancellationToken cancellationToken)
    {
        var result = await Command.RunAsync(Program(""), ["-w", LockWaitSeconds, "-t", table.Text(), .. question], default, _ => { }, cancellationToken);
        return result.ExitCode switch
        {
            0 => true,
            1 => false,
            _ => throw new IptablesException($"look for {what} with {Program("")}: exit code {result.ExitCode}: {result.Error}"),
        };
    }

    /// <summary>The words of a rule, a quoted comment being one.</summary>
    private static IEnumerable<string> SplitRule(string rule) => RuleWord().Matches(rule).Select(m => m.Value.Trim('"'));

    /// <summary>Whether the host has the programs of this flavour.</summary>
    public bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, Program("-restore"))));

    /// <summary>Has the next write's program started already, so that the write waits for nothing but the kernel.</summary>
    public void Prepare() => _restore.Prepare();

    public void Dispose() => _restore.Dispose();

    private string Program(string suffix) => ProgramOf(Family, Flavour, suffix);

    private static string ProgramOf(IPFamily family, IptablesFlavour flavour, string suffix)
    {
        var name = family == IPFamily.IPv4 ? "iptables" : "ip6tables";
        return flavour switch
        {
            IptablesFlavour.Nft => $"{name}-nft{suffix}",
            IptablesFlavour.Legacy => $"{name}-legacy{suffix}",
            _ => $"{name}{suffix}",
        };
    }

    /// <summary>The line that the program complained of.</summary>
    private static string Offending(CommandResult result, ReadOnlyMemory<byte> text)
    {
        var match = FailedLine().Match(result.Error);
        if (!match.Success || !int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return "";
        }

        number -= result.LinesBefore;
        var lines = Encoding.UTF8.GetString(text.Span).Split('\n');
        return number >= 1 && number <= lines.Length ? $" (the line is: {lines[number - 1]})" : "";
    }

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex RuleWord();

    [GeneratedRegex(@"[Ll]ine:?\s+(\d+)")]
    private static partial Regex FailedLine();
}

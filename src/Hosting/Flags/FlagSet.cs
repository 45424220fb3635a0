using System.Globalization;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Hosting.Flags;

/// <summary>
/// The flags of one daemon, read as pflag reads them: <c>--a=b</c>, <c>--a b</c>, <c>--bool</c>, <c>--bool=false</c>,
/// <c>-v 2</c>, <c>-v=2</c>, <c>-v2</c>; underscores count as dashes.
/// </summary>
public sealed class FlagSet(string program, string description)
{
    private readonly Dictionary<string, Flag> _flags = new(StringComparer.Ordinal);
    private readonly Dictionary<char, Flag> _shorthands = [];
    private readonly List<string> _arguments = [];
    private string _group = "Misc";

    public string Program { get; } = program;

    public string Description { get; } = description;

    public IEnumerable<Flag> All => _flags.Values;

    public bool HelpRequested { get; private set; }

    /// <summary>What the command line had beside flags.</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>Flags on the command line that are accepted and not acted on, with their dashes.</summary>
    public IEnumerable<string> IgnoredInUse => _flags.Values.Where(f => f is { IsSet: true, IsIgnored: true }).Select(f => "--" + f.Name);

    public IEnumerable<Flag> DeprecatedInUse => _flags.Values.Where(f => f is { IsSet: true, DeprecatedFor: not null });

    public Flag? this[string name] => _flags.GetValueOrDefault(name);

    /// <summary>Flags declared from here on stand under this title in <c>--help</c>.</summary>
    public FlagSet Group(string title)
    {
        _group = title;
        return this;
    }

    public Flag<string> String(string name, string defaultValue, string help) =>
        Add(new Flag<string>(name, defaultValue, help, _group, "string", static t => t, null, static v => v));

    public Flag<bool> Bool(string name, bool defaultValue, string help) =>
        Add(new Flag<bool>(name, defaultValue, help, _group, "", FlagParsers.Bool, null, static v => v ? "true" : "false") { ValueWhenBare = "true" });

    public Flag<int> Int(string name, int defaultValue, string help, char? shorthand = null) =>
        Add(new Flag<int>(name, defaultValue, help, _group, "int", FlagParsers.Int, null, static v => v.ToString(CultureInfo.InvariantCulture)) { Shorthand = shorthand });

    public Flag<double> Float(string name, double defaultValue, string help) =>
        Add(new Flag<double>(name, defaultValue, help, _group, "float", FlagParsers.Float, null, static v => v.ToString(CultureInfo.InvariantCulture)));

    public Flag<TimeSpan> Duration(string name, TimeSpan defaultValue, string help) =>
        Add(new Flag<TimeSpan>(name, defaultValue, help, _group, "duration", GoDuration.Parse, null, GoDuration.Format));

    /// <summary>Comma-separated; given several times it goes on.</summary>
    public Flag<IReadOnlyList<string>> List(string name, IReadOnlyList<string> defaultValue, string help) =>
        Add(new Flag<IReadOnlyList<string>>(name, defaultValue, help, _group, "strings", FlagParsers.List, static (a, b) => [.. a, .. b], static v => string.Join(',', v)));

    /// <summary>a=b,c=d; given several times, later keys win.</summary>
    public Flag<IReadOnlyDictionary<string, string>> Map(string name, string help) =>
        Add(new Flag<IReadOnlyDictionary<string, string>>(name, new Dictionary<string, string>(), help, _group, "mapStringString", FlagParsers.Map, FlagParsers.Merge, FlagParsers.FormatMap));

    /// <summary>a=true,b=false, as feature gates are given.</summary>
    public Flag<IReadOnlyDictionary<string, bool>> BoolMap(string name, string help) =>
        Add(new Flag<IReadOnlyDictionary<string, bool>>(name, new Dictionary<string, bool>(), help, _group, "mapStringBool", static text => FlagParsers.Map(text).ToDictionary(p => p.Key, p => FlagParsers.Bool(p.Value)), FlagParsers.Merge, FlagParsers.FormatMap));

    /// <summary>A flag of any other type.</summary>
    /// <param name="parse">Throws <see cref="FormatException"/> with what a value must look like.</param>
    public Flag<T> Custom<T>(string name, T defaultValue, string typeName, string help, Func<string, T> parse, Func<T, string>? format = null) =>
        Add(new Flag<T>(name, defaultValue, help, _group, typeName, parse, null, format ?? (static v => Convert.ToString(v, CultureInfo.InvariantCulture) ?? "")));

    /// <summary>Upstream's flags with a value that this daemon accepts and does not act on.</summary>
    public void Ignored(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(new Flag<string>(name, "", "Accepted; not acted on.", _group, "string", static t => t, null, static v => v) { IsIgnored = true });
        }
    }

    /// <summary>Upstream's boolean flags that this daemon accepts and does not act on.</summary>
    public void IgnoredBool(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(new Flag<bool>(name, false, "Accepted; not acted on.", _group, "", FlagParsers.Bool, null, static v => v ? "true" : "false") { IsIgnored = true, ValueWhenBare = "true" });
        }
    }

    /// <exception cref="FlagException">A flag is unknown, or lacks a value, or has one that cannot be.</exception>
    public void Parse(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                _arguments.AddRange(arguments.Skip(i + 1));
                break;
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                ParseLong(argument, arguments, ref i);
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                ParseShort(argument, arguments, ref i);
            }
            else
            {
                _arguments.Add(argument);
            }
        }

        if (_arguments.Count > 0 && !HelpRequested)
        {
            throw new FlagException($"unknown command \"{_arguments[0]}\": {Program} takes no arguments beside its flags");
        }
    }

    public string Help() => FlagHelp.Write(this);

    internal static string Normalize(string name) => name.Replace('_', '-');

    internal Flag<T> Add<T>(Flag<T> flag)
    {
        _flags.Add(flag.Name, flag);
        if (flag.Shorthand is { } shorthand)
        {
            _shorthands.Add(shorthand, flag);
        }

        return flag;
    }

    private void ParseLong(string argument, IReadOnlyList<string> arguments, ref int index)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var written = equals < 0 ? argument : argument[..equals];
        var name = Normalize(written[2..]);
        if (name == "help")
        {
            HelpRequested = true;
            return;
        }

        if (!_flags.TryGetValue(name, out var flag))
        {
            var suggestion = NameSuggestion.Find(name, _flags.Keys);
            throw new FlagException($"unknown flag: {written}{(suggestion is null ? "" : $"; did you mean --{suggestion}?")}");
        }

        flag.Set(equals >= 0 ? argument[(equals + 1)..] : flag.ValueWhenBare ?? Next(written, arguments, ref index), AsWritten(flag));
    }

    private void ParseShort(string argument, IReadOnlyList<string> arguments, ref int index)
    {
        if (argument[1] == 'h' && !_shorthands.ContainsKey('h'))
        {
            HelpRequested = true;
            return;
        }

        if (!_shorthands.TryGetValue(argument[1], out var flag))
        {
            var name = Normalize(argument[1..].Split('=')[0]);
            throw new FlagException(_flags.ContainsKey(name)
                ? $"unknown shorthand flag: '{argument[1]}' in {argument}; did you mean -{argument}?"
                : $"unknown shorthand flag: '{argument[1]}' in {argument}");
        }

        var value = argument.Length == 2 ? flag.ValueWhenBare ?? Next(argument, arguments, ref index)
            : argument[2] == '=' ? argument[3..]
            : argument[2..];
        flag.Set(value, AsWritten(flag));
    }

    private static string AsWritten(Flag flag) => flag.Shorthand is { } s ? $"-{s}, --{flag.Name}" : $"--{flag.Name}";

    private static string Next(string written, IReadOnlyList<string> arguments, ref int index) =>
        index + 1 < arguments.Count ? arguments[++index] : throw new FlagException($"flag needs an argument: {written}");
}

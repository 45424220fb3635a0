using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Server;

/// <summary>What kubectl's node log query asks for: the journal of services, or one file below the log folder.</summary>
internal sealed partial record NodeLogQuery(IReadOnlyList<string> Services, string? File)
{
    private const int MaxServices = 4;
    private const int MaxServiceName = 255;
    private const int MaxLines = 100_000;
    private const string JournalTime = "yyyy-MM-dd HH:mm:ss.ffffff";

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public int? Lines { get; init; }

    public int? Boot { get; init; }

    public string Pattern { get; init; } = "";

    private bool HasOptions => Since is not null || Until is not null || Lines is not null || Boot is not null || Pattern.Length > 0;

    /// <returns>Null for a request without a query: it is for a file or folder by its path.</returns>
    /// <exception cref="HttpError">Something in it is wrong.</exception>
    public static NodeLogQuery? Parse(IQueryCollection query)
    {
        if (!query.ContainsKey("query"))
        {
            return null;
        }

        var asked = query["query"].Select(q => (q ?? "").Trim()).Where(q => q.Length > 0).ToList();
        var files = asked.Where(q => q.AsSpan().ContainsAny('/', '\\')).ToList();
        var parsed = new NodeLogQuery([.. asked.Except(files)], files.FirstOrDefault())
        {
            Since = Time(query, "sinceTime"),
            Until = Time(query, "untilTime"),
            Lines = Number(query, "tailLines"),
            Boot = Number(query, "boot"),
            Pattern = query["pattern"].ToString(),
        };
        return parsed.Problem(files.Count) is { } problem ? throw new HttpError(StatusCodes.Status400BadRequest, problem) : parsed;
    }

    /// <summary>Never through a shell: each is one argument.</summary>
    public IReadOnlyList<string> JournalArguments()
    {
        List<string> arguments = ["--utc", "--no-pager", "--output=short-precise"];
        Add(Since is not null, () => "--since=" + Since!.Value.UtcDateTime.ToString(JournalTime, CultureInfo.InvariantCulture));
        Add(Until is not null, () => "--until=" + Until!.Value.UtcDateTime.ToString(JournalTime, CultureInfo.InvariantCulture));
        if (Lines is { } lines)
        {
            arguments.AddRange(["--pager-end", string.Create(CultureInfo.InvariantCulture, $"--lines={lines}")]);
        }

        arguments.AddRange(Services.Select(s => "--unit=" + s));
        Add(Pattern.Length > 0, () => "--grep=" + Pattern);
        if (Boot is { } boot)
        {
            arguments.AddRange(["--boot", boot.ToString(CultureInfo.InvariantCulture)]);
        }

        return arguments;

        void Add(bool isWanted, Func<string> argument)
        {
            if (isWanted)
            {
                arguments.Add(argument());
            }
        }
    }

    private string? Problem(int files) => this switch
    {
        { Services.Count: 0, File: null } => "query: cannot be empty",
        { Services.Count: > 0, File: not null } => "query: cannot specify a file and service",
        { Services.Count: > MaxServices } => $"query: at most {MaxServices} services can be asked for",
        _ when files > 1 => "query: cannot specify more than one file",
        _ when File is not null && HasOptions => "query: cannot specify file with options",
        _ when Services.FirstOrDefault(s => s.Length > MaxServiceName || Unsafe().IsMatch(s)) is { } service => $"query: \"{service}\" is no name of a service",
        _ when Since > Until => "untilTime: must be after `sinceTime`",
        { Boot: > 0 } => "boot: must be less than 1",
        { Lines: < 0 or > MaxLines } => $"tailLines: must be between 0 and {MaxLines}",
        _ => null,
    };

    private static DateTimeOffset? Time(IQueryCollection query, string name) => query[name].ToString() is not { Length: > 0 } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new HttpError(StatusCodes.Status400BadRequest, $"{name}: invalid time format \"{text}\"");

    private static int? Number(IQueryCollection query, string name) => query[name].ToString() is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw new HttpError(StatusCodes.Status400BadRequest, $"{name}: \"{text}\" is no number");

    [GeneratedRegex(@"[^a-zA-Z\-_.:0-9@]")]
    private static partial Regex Unsafe();
}

using System.Globalization;
using System.Text;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Reference;

/// <summary>docs/configure.md: every flag and every field of the three daemons.</summary>
internal static class ConfigurePage
{
    private const string Head = """
        # Configure

        <!-- Written by `./dev docs` from the tables that the daemons read their options by. Do not edit. -->

        Every daemon takes upstream's flags and, with `--config`, a file of upstream's kind. An unknown flag or field, a wrong type or
        an impossible value stops the start with every error listed; a flag or field of upstream's that has no effect here is named
        in one warning at the start. A flag wins over the same field of the kubelet's and the scheduler's file; kube-proxy reads
        only the file when there is one, as upstream's does.

        The same pages are installed as man pages: `man kubelet`, `man kubelet-config`, and so on.

        """;

    public static string Write(IEnumerable<DaemonReference> daemons)
    {
        var text = new StringBuilder(Head);
        foreach (var daemon in daemons)
        {
            Write(text, daemon);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, DaemonReference daemon)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {daemon.Name}\n\n{daemon.Flags.Description}\n\n### Flags of {daemon.Name}\n\n| flag | type | default | meaning |\n|---|---|---|---|\n");
        foreach (var flag in daemon.ActiveFlags)
        {
            var meaning = flag.DeprecatedFor is { } instead ? $"{flag.Help} Deprecated: {instead}." : flag.Help;
            text.Append(CultureInfo.InvariantCulture, $"| `--{flag.Name}`{(flag.Shorthand is { } letter ? $", `-{letter}`" : "")} | {TypeOf(flag)} | {Code(flag.DefaultText)} | {Cell(meaning)} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nAccepted and not acted on: {Names(daemon.IgnoredFlags.Select(f => "--" + f.Name))}.\n");
        text.Append(CultureInfo.InvariantCulture, $"\n### {daemon.Kind.Kind}\n\nThe file of `--config`: `apiVersion: {daemon.Kind.ApiVersion}`, `kind: {daemon.Kind.Kind}`. The package's is `{daemon.ConfigFile}`.\n\n| field | type | default | meaning |\n|---|---|---|---|\n");
        foreach (var field in daemon.ActiveFields)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{field.Path}` | {field.Type} | {Code(field.Default)} | {Cell(field.Meaning)} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nAccepted and not acted on: {Names(daemon.IgnoredFields.Select(f => f.Path))}.\n");
    }

    internal static string TypeOf(Flag flag) => flag.TypeName.Length == 0 ? "bool" : flag.TypeName.Contains('=', StringComparison.Ordinal) ? "true or raw" : flag.TypeName;

    private static string Names(IEnumerable<string> names) => names.Select(n => $"`{n}`").ToArray() is { Length: > 0 } all ? string.Join(", ", all) : "none";

    private static string Code(string text) => text.Length == 0 ? "" : $"`{Cell(text)}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal);
}

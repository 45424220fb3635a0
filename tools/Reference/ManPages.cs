using System.Globalization;
using System.Text;

namespace NodeAgent.Reference;

/// <summary>Two pages for each daemon: the binary in section 8, its config file in section 5.</summary>
internal static class ManPages
{
    public static IEnumerable<GeneratedFile> Write(DaemonReference daemon, string date) =>
    [
        new GeneratedFile(daemon.Name + ".8", Binary(daemon, date)),
        new GeneratedFile(daemon.Page + ".5", ConfigFile(daemon, date)),
    ];

    private static string Binary(DaemonReference daemon, string date)
    {
        var page = Start(daemon.Name, 8, date, $"NodeAgent's {daemon.Name}");
        page.Append(CultureInfo.InvariantCulture, $".SH SYNOPSIS\n.B {Escape(daemon.Name)}\n[\\fIflags\\fR]\n");
        page.Append(CultureInfo.InvariantCulture, $".SH DESCRIPTION\n{Text(daemon.Flags.Description)}\nIt takes the flags, the config file, the ports and the metric names of Kubernetes' {Escape(daemon.Name)}.\n.SH OPTIONS\n");
        foreach (var flag in daemon.ActiveFlags)
        {
            var argument = flag.TypeName.Length == 0 || flag.TypeName.Contains('=', StringComparison.Ordinal) ? "" : $" \\fI{Escape(flag.TypeName)}\\fR";
            page.Append(CultureInfo.InvariantCulture, $".TP\n\\fB{(flag.Shorthand is { } letter ? $"\\-{letter}\\fR, \\fB" : "")}\\-\\-{Escape(flag.Name)}\\fR{argument}\n{Text(flag.Help)}\n");
            if (flag.DefaultText.Length > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"The default is {Escape(flag.DefaultText)}.\n");
            }

            if (flag.DeprecatedFor is { } instead)
            {
                page.Append(CultureInfo.InvariantCulture, $"Deprecated: {Escape(instead)}.\n");
            }
        }

        page.Append(CultureInfo.InvariantCulture, $".SH FLAGS WITHOUT EFFECT\nThese flags of Kubernetes are accepted, and named in a warning at the start:\n{Text(string.Join(", ", daemon.IgnoredFlags.Select(f => "--" + f.Name)))}.\n");
        page.Append(CultureInfo.InvariantCulture, $".SH EXIT STATUS\n0 for a stop that was asked for, something else for everything else.\n.SH FILES\n.TP\n.I {Escape(daemon.ConfigFile)}\nThe config file, see\n.BR {Escape(daemon.Page)} (5).\n.SH SEE ALSO\n.BR {Escape(daemon.Page)} (5),\n.BR systemctl (1),\n.BR journalctl (1)\n");
        return page.ToString();
    }

    private static string ConfigFile(DaemonReference daemon, string date)
    {
        var page = Start(daemon.Page, 5, date, $"the config file of {daemon.Name}");
        page.Append(CultureInfo.InvariantCulture, $".SH SYNOPSIS\n.nf\napiVersion: {Escape(daemon.Kind.ApiVersion)}\nkind: {Escape(daemon.Kind.Kind)}\n.fi\n");
        page.Append(CultureInfo.InvariantCulture, $".SH DESCRIPTION\nYAML or JSON, given to {Escape(daemon.Name)} by \\-\\-config; the package's is\n.IR {Escape(daemon.ConfigFile)} .\nAn unknown field, a wrong type or an impossible value stops the start with every error listed.\nDurations are written as 30s or 1m30s, quantities as 500m or 1Gi.\n.SH FIELDS\n");
        foreach (var field in daemon.ActiveFields)
        {
            page.Append(CultureInfo.InvariantCulture, $".TP\n\\fB{Escape(field.Path)}\\fR (\\fI{Escape(field.Type)}\\fR)\n{Text(field.Meaning.Length > 0 ? field.Meaning : "As Kubernetes has it.")}\n");
            if (field.Default.Length > 0)
            {
                page.Append(CultureInfo.InvariantCulture, $"The default is {Escape(field.Default)}.\n");
            }
        }

        page.Append(CultureInfo.InvariantCulture, $".SH FIELDS WITHOUT EFFECT\nThese fields of Kubernetes are accepted, and named in a warning at the start:\n{Text(string.Join(", ", daemon.IgnoredFields.Select(f => f.Path)))}.\n.SH SEE ALSO\n.BR {Escape(daemon.Name)} (8)\n");
        return page.ToString();
    }

    private static StringBuilder Start(string name, int section, string date, string title) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $".TH {name.ToUpperInvariant()} {section} \"{date}\" NodeAgent \"NodeAgent\"\n.SH NAME\n{Escape(name)} \\- {Escape(title)}\n");

    private static string Text(string text) => Escape(text) is ['.' or '\'', ..] escaped ? "\\&" + escaped : Escape(text);

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
}

using System.Globalization;
using System.Text;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Reference;

/// <summary>Completion of flags for three shells. A flag that names a file or a folder completes names of files.</summary>
internal static class Completions
{
    public static IEnumerable<GeneratedFile> Write(DaemonReference daemon) =>
    [
        new GeneratedFile(daemon.Name + ".bash", Bash(daemon)),
        new GeneratedFile("_" + daemon.Name, Zsh(daemon)),
        new GeneratedFile(daemon.Name + ".fish", Fish(daemon)),
    ];

    private static string Bash(DaemonReference daemon)
    {
        var function = "_" + daemon.Name.Replace('-', '_');
        var flags = string.Join(' ', daemon.ActiveFlags.Select(f => "--" + f.Name + (TakesValue(f) ? "=" : "")));
        var files = string.Join('|', daemon.ActiveFlags.Where(NamesFile).Select(f => "--" + f.Name));
        return $$"""
            # bash completion of NodeAgent's {{daemon.Name}}
            {{function}}() {
                local cur prev words cword split
                _init_completion -s -n = || return
                case $prev in
                {{files}})
                    _filedir
                    return
                    ;;
                esac
                $split && return
                COMPREPLY=($(compgen -W '{{flags}}' -- "$cur"))
                [[ ${COMPREPLY-} == *= ]] && compopt -o nospace
            } && complete -F {{function}} {{daemon.Name}}

            """;
    }

    private static string Zsh(DaemonReference daemon)
    {
        var text = new StringBuilder($"#compdef {daemon.Name}\n\n_arguments \\\n");
        foreach (var flag in daemon.ActiveFlags)
        {
            var help = flag.Help.Replace("'", "'\\''", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
            var value = !TakesValue(flag) ? "" : NamesFile(flag) ? $":{flag.TypeName}:_files" : $":{flag.TypeName}:";
            text.Append(CultureInfo.InvariantCulture, $"  '--{flag.Name}{(TakesValue(flag) ? "=" : "")}[{help}]{value}' \\\n");
        }

        return text.Append("  '*::'\n").ToString();
    }

    private static string Fish(DaemonReference daemon)
    {
        var text = new StringBuilder($"# fish completion of NodeAgent's {daemon.Name}\ncomplete -c {daemon.Name} -f\n");
        foreach (var flag in daemon.ActiveFlags)
        {
            var help = flag.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"complete -c {daemon.Name} -l {flag.Name}{(flag.Shorthand is { } letter ? $" -s {letter}" : "")}{(NamesFile(flag) ? " -r -F" : TakesValue(flag) ? " -x" : "")} -d '{help}'\n");
        }

        return text.ToString();
    }

    private static bool TakesValue(Flag flag) => flag.TypeName.Length > 0 && !flag.TypeName.Contains('=', StringComparison.Ordinal);

    private static bool NamesFile(Flag flag) =>
        flag.TypeName == "string" && (flag.Name is "config" or "resolv-conf" || flag.Name.EndsWith("kubeconfig", StringComparison.Ordinal) || flag.Name.EndsWith("-file", StringComparison.Ordinal) || flag.Name.EndsWith("-dir", StringComparison.Ordinal) || flag.Name.EndsWith("-path", StringComparison.Ordinal));
}

using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Reference;

/// <summary>What there is to say of one daemon's options: its flags and the fields of its config file.</summary>
/// <param name="Name">As the binary is called.</param>
/// <param name="Page">The name of the config file's man page, in section 5.</param>
/// <param name="ConfigFile">Where the package puts the config file.</param>
internal sealed record DaemonReference(string Name, string Page, string ConfigFile, FlagSet Flags, ConfigKind Kind, IReadOnlyList<ConfigField> Fields)
{
    public IEnumerable<Flag> ActiveFlags => Flags.All.Where(f => !f.IsIgnored).OrderBy(f => f.Name, StringComparer.Ordinal);

    public IEnumerable<Flag> IgnoredFlags => Flags.All.Where(f => f.IsIgnored).OrderBy(f => f.Name, StringComparer.Ordinal);

    public IEnumerable<ConfigField> ActiveFields => Fields.Where(f => f.ActedOn);

    public IEnumerable<ConfigField> IgnoredFields => Fields.Where(f => !f.ActedOn);
}

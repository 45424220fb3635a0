namespace NodeAgent.Hosting.Server;

/// <summary>Who makes a request.</summary>
public sealed record UserInfo(string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra)
{
    public const string AuthenticatedGroup = "system:authenticated";

    public const string MastersGroup = "system:masters";

    private static readonly Dictionary<string, IReadOnlyList<string>> NoExtra = [];

    public static UserInfo Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    public UserInfo(string name, IReadOnlyList<string> groups)
        : this(name, "", groups, NoExtra)
    {
    }
}

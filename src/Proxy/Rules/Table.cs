namespace NodeAgent.Proxy.Rules;

/// <summary>The tables that the proxy has chains in, in the order in which they are written.</summary>
internal enum Table
{
    Filter,
    Nat,

    /// <summary>Only a canary chain, whose disappearance says that somebody flushed everything.</summary>
    Mangle,
}

internal static class TableExtensions
{
    public static string Text(this Table table) => table switch
    {
        Table.Filter => "filter",
        Table.Nat => "nat",
        _ => "mangle",
    };
}

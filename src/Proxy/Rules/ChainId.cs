namespace NodeAgent.Proxy.Rules;

/// <summary>Which chain of which table. Names are at most 28 characters, the kernel's limit.</summary>
internal readonly record struct ChainId(Table Table, string Name)
{
    public override string ToString() => $"{Table.Text()}/{Name}";
}

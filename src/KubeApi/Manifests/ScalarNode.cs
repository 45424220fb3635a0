namespace NodeAgent.KubeApi.Manifests;

/// <param name="text">As JSON has it: <c>true</c> for YAML's yes, decimal digits for 0x10; a string without its quotes.</param>
internal sealed class ScalarNode(ScalarKind kind, string text, int line, int column) : ManifestNode(line, column)
{
    private const int ShownCharacters = 40;

    public ScalarKind Kind { get; } = kind;

    public string Text { get; } = text;

    public override string Describe() => Kind switch
    {
        ScalarKind.Null => "null",
        ScalarKind.Bool => $"the boolean {Text}",
        ScalarKind.String => $"the string \"{(Text.Length > ShownCharacters ? Text[..ShownCharacters] + "…" : Text)}\"",
        _ => $"the number {Text}",
    };
}

namespace NodeAgent.Reference;

/// <param name="Name">Relative to the folder that is written to.</param>
internal sealed record GeneratedFile(string Name, string Text);

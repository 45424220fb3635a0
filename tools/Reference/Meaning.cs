namespace NodeAgent.Reference;

/// <param name="Default">Where the default is decided elsewhere than in the config type; null to take the type's.</param>
internal sealed record Meaning(string? Default, string Text);

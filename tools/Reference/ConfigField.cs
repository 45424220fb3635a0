namespace NodeAgent.Reference;

/// <param name="Path">From the file's root; <c>[]</c> stands for each item of a list.</param>
/// <param name="Type">As a user thinks of it: string, duration, list of strings.</param>
/// <param name="Default">As it would stand in the file; empty for none.</param>
/// <param name="Meaning">Empty for a field whose meaning is its name's and upstream's.</param>
/// <param name="ActedOn">False for a field that is accepted and has no effect.</param>
internal sealed record ConfigField(string Path, string Type, string Default, string Meaning, bool ActedOn);

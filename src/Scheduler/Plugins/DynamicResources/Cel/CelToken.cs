namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

internal enum CelTokenKind
{
    End,
    Name,
    Text,
    Number,
    Symbol,
}

/// <param name="Text">Of a string the value, of all others how it stands.</param>
internal readonly record struct CelToken(CelTokenKind Kind, string Text, int Position);

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>A supervised loop that ended though nobody had asked for it.</summary>
/// <param name="Error">Null when the loop simply returned.</param>
public sealed record LoopFailure(string Loop, Exception? Error)
{
    public override string ToString() => Error is null ? $"{Loop} ended by itself" : $"{Loop} failed: {Logging.ExceptionText.Summary(Error)}";
}

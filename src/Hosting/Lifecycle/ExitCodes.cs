namespace NodeAgent.Hosting.Lifecycle;

public static class ExitCodes
{
    /// <summary>The stop was asked for, or one-time work is done.</summary>
    public const int Success = 0;

    /// <summary>Bad flags or config, a dead loop, a lost lease.</summary>
    public const int Failure = 1;

    /// <summary>A second signal cut the orderly stop short.</summary>
    public const int Forced = 130;
}

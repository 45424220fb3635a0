namespace NodeAgent.Scheduler.Framework;

/// <summary>A plugin's answer. Immutable: one instance may stand for thousands of nodes, and should.</summary>
public sealed class Status
{
    private Status(StatusCode code, IReadOnlyList<string> reasons, string plugin, Exception? exception)
    {
        Code = code;
        Reasons = reasons;
        Plugin = plugin;
        Exception = exception;
    }

    public static Status Success { get; } = new(StatusCode.Success, [], "", null);

    public static Status Skip { get; } = new(StatusCode.Skip, [], "", null);

    public StatusCode Code { get; }

    /// <summary>Why, one entry for each thing that is missing; users see them counted over all nodes.</summary>
    public IReadOnlyList<string> Reasons { get; }

    /// <summary>The plugin that gave the answer; the scheduler fills it in.</summary>
    public string Plugin { get; }

    public Exception? Exception { get; }

    public string Message => string.Join(", ", Reasons);

    public bool IsSuccess => Code == StatusCode.Success;

    public bool IsSkip => Code == StatusCode.Skip;

    public bool IsWait => Code == StatusCode.Wait;

    /// <summary>The pod does not fit: an expected outcome, unlike <see cref="StatusCode.Error"/>.</summary>
    public bool IsRejected => Code is StatusCode.Unschedulable or StatusCode.UnschedulableAndUnresolvable or StatusCode.Pending;

    public static Status Unschedulable(params IReadOnlyList<string> reasons) => new(StatusCode.Unschedulable, reasons, "", null);

    public static Status Unresolvable(params IReadOnlyList<string> reasons) => new(StatusCode.UnschedulableAndUnresolvable, reasons, "", null);

    public static Status Pending(params IReadOnlyList<string> reasons) => new(StatusCode.Pending, reasons, "", null);

    public static Status Wait(params IReadOnlyList<string> reasons) => new(StatusCode.Wait, reasons, "", null);

    public static Status Error(string reason) => new(StatusCode.Error, [reason], "", null);

    public static Status Error(Exception exception) => new(StatusCode.Error, [exception.Message], "", exception);

    public Status WithPlugin(string plugin) => Plugin == plugin || Code is StatusCode.Success or StatusCode.Skip ? this : new Status(Code, Reasons, plugin, Exception);

    public override string ToString() => Reasons.Count == 0 ? Code.ToString() : $"{Code}: {Message}";
}

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>A device selector, parsed.</summary>
internal sealed class CelExpression
{
    private readonly Func<CelDevice, object?> _evaluate;

    private CelExpression(Func<CelDevice, object?> evaluate)
    {
        _evaluate = evaluate;
    }

    /// <exception cref="CelException">It is not of the language, or of a part of it that is not supported; the message says what.</exception>
    public static CelExpression Parse(string text) => new(new CelParser(CelLexer.Read(text)).Parse());

    /// <exception cref="CelException">It fails for the device, as when the device lacks an attribute.</exception>
    public bool Matches(CelDevice device) =>
        _evaluate(device) is bool answer ? answer : throw new CelException("the expression gives no bool");
}

namespace NodeAgent.Hosting.Metrics;

public sealed class CounterSeries
{
    private AtomicDouble _value;

    internal CounterSeries()
    {
    }

    public double Value => _value.Value;

    public void Inc(double amount = 1)
    {
        // Written so that NaN is refused too.
        if (!(amount >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(amount), amount, "a counter only grows");
        }

        _value.Add(amount);
    }
}

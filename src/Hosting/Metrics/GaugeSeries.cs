namespace NodeAgent.Hosting.Metrics;

public sealed class GaugeSeries
{
    private AtomicDouble _value;

    internal GaugeSeries()
    {
    }

    public double Value => _value.Value;

    public void Set(double value) => _value.Value = value;

    public void Inc(double amount = 1) => _value.Add(amount);

    public void Dec(double amount = 1) => _value.Add(-amount);
}

namespace NodeAgent.Hosting.Config;

/// <summary>A resource quantity as it stands in the file, such as <c>500m</c> or <c>1Gi</c>; checked when read, exact when used.</summary>
public readonly record struct ConfigQuantity(string Text)
{
    public override string ToString() => Text;
}

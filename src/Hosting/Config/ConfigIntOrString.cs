using System.Globalization;

namespace NodeAgent.Hosting.Config;

/// <summary>A field that is a number or a string, such as <c>8080</c> or <c>10%</c>.</summary>
public readonly record struct ConfigIntOrString(int? Number, string? Text)
{
    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? Text ?? "";
}

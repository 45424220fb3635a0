namespace NodeAgent.KubeApi.Meta;

/// <summary>The family of suffixes that a quantity was written with, and is written with again.</summary>
public enum QuantityFormat
{
    /// <summary><c>12M</c> is 12 * 10^6; <c>100m</c> is a tenth.</summary>
    DecimalSI,

    /// <summary><c>12Mi</c> is 12 * 2^20.</summary>
    BinarySI,

    /// <summary><c>12e6</c>.</summary>
    DecimalExponent,
}

using System.Globalization;

namespace NodeAgent.KubeApi.Meta;

/// <summary>An exact amount of a resource, in steps of 10^-9.</summary>
/// <remarks>
/// Amounts finer than a step are rounded away from zero when they are read: who asks for something gets something.
/// Amounts with a binary suffix are capped at 2^63-1, as the API server does; all others and all sums at
/// <see cref="MaxMagnitude"/>, far above what a resource can be. Equality and order look at the amount only: 1 and 1000m are equal.
/// </remarks>
public readonly struct QuantityValue : IEquatable<QuantityValue>, IComparable<QuantityValue>
{
    /// <summary>Steps in one whole.</summary>
    internal const long StepsPerUnit = 1_000_000_000;

    private const long StepsPerMilli = 1_000_000;

    private readonly Int128 _steps;

    private QuantityValue(Int128 steps, QuantityFormat format)
    {
        _steps = Int128.Clamp(steps, -MaxMagnitude, MaxMagnitude);
        Format = format;
    }

    public static QuantityValue Zero => default;

    /// <summary>How the amount is written.</summary>
    public QuantityFormat Format { get; }

    public bool IsZero => _steps == 0;

    public int Sign => Int128.Sign(_steps);

    /// <summary>Whole units, rounded away from zero, and capped to what a <see cref="long"/> holds.</summary>
    public long Value => Saturate(DivideAwayFromZero(_steps, StepsPerUnit));

    /// <summary>Thousandths, rounded away from zero, and capped to what a <see cref="long"/> holds.</summary>
    public long MilliValue => Saturate(DivideAwayFromZero(_steps, StepsPerMilli));

    /// <summary>The amount in whole thousandths, rounded away from zero: the finest that the API stores.</summary>
    public QuantityValue RoundUpToMilli() => new(DivideAwayFromZero(_steps, StepsPerMilli) * StepsPerMilli, Format);

    /// <summary>The nearest floating-point number, for metrics.</summary>
    public double ToDouble() => (double)_steps / StepsPerUnit;

    /// <summary>The amount in steps of 10^-9; exact.</summary>
    public Int128 Steps => _steps;

    /// <summary>The greatest amount, in steps.</summary>
    internal static Int128 MaxMagnitude => Int128.MaxValue / 4;

    public static QuantityValue FromUnits(long units, QuantityFormat format = QuantityFormat.DecimalSI) => new((Int128)units * StepsPerUnit, format);

    public static QuantityValue FromMilli(long thousandths, QuantityFormat format = QuantityFormat.DecimalSI) => new((Int128)thousandths * StepsPerMilli, format);

    /// <summary>Bytes, written with a binary suffix where one fits.</summary>
    public static QuantityValue FromBytes(long bytes) => FromUnits(bytes, QuantityFormat.BinarySI);

    /// <exception cref="FormatException">The text is no quantity; the message says why.</exception>
    public static QuantityValue Parse(string text) =>
        QuantityParser.Parse(text, out var value) is { } error ? throw new FormatException($"quantity \"{text}\": {error}") : value;

    public static bool TryParse(string text, out QuantityValue value) => QuantityParser.Parse(text, out value) is null;

    /// <summary>As <see cref="TryParse"/>, and says what is wrong.</summary>
    /// <returns>Null when the text was read.</returns>
    public static string? TryParseOrExplain(string text, out QuantityValue value) => QuantityParser.Parse(text, out value);

    public static QuantityValue operator +(QuantityValue left, QuantityValue right) => new(left._steps + right._steps, CommonFormat(left, right));

    public static QuantityValue operator -(QuantityValue left, QuantityValue right) => new(left._steps - right._steps, CommonFormat(left, right));

    public static QuantityValue operator -(QuantityValue value) => new(-value._steps, value.Format);

    public static bool operator ==(QuantityValue left, QuantityValue right) => left._steps == right._steps;

    public static bool operator !=(QuantityValue left, QuantityValue right) => left._steps != right._steps;

    public static bool operator <(QuantityValue left, QuantityValue right) => left._steps < right._steps;

    public static bool operator >(QuantityValue left, QuantityValue right) => left._steps > right._steps;

    public static bool operator <=(QuantityValue left, QuantityValue right) => left._steps <= right._steps;

    public static bool operator >=(QuantityValue left, QuantityValue right) => left._steps >= right._steps;

    public static QuantityValue Max(QuantityValue left, QuantityValue right) => left._steps >= right._steps ? left : right;

    public static QuantityValue Min(QuantityValue left, QuantityValue right) => left._steps <= right._steps ? left : right;

    public int CompareTo(QuantityValue other) => _steps.CompareTo(other._steps);

    public bool Equals(QuantityValue other) => _steps == other._steps;

    public override bool Equals(object? obj) => obj is QuantityValue other && Equals(other);

    public override int GetHashCode() => _steps.GetHashCode();

    /// <summary>The canonical form: no fraction, the largest suffix that loses nothing.</summary>
    public override string ToString()
    {
        if (IsZero)
        {
            return "0";
        }

        var whole = _steps / StepsPerUnit;
        var isBinary = Format == QuantityFormat.BinarySI && _steps % StepsPerUnit == 0 && Int128.Abs(whole) >= 1024;
        return isBinary ? WriteBinary(whole) : WriteDecimal(_steps, Format == QuantityFormat.DecimalExponent);
    }

    internal static QuantityValue FromSteps(Int128 steps, QuantityFormat format) => new(steps, format);

    private static QuantityFormat CommonFormat(QuantityValue left, QuantityValue right) => left.IsZero ? right.Format : left.Format;

    private static long Saturate(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);

    private static Int128 DivideAwayFromZero(Int128 value, long divisor)
    {
        var (quotient, remainder) = Int128.DivRem(value, divisor);
        return remainder == 0 ? quotient : quotient + Int128.Sign(value);
    }

    private static string WriteBinary(Int128 whole)
    {
        var exponent = 0;
        while (exponent < QuantityParser.BinarySuffixes.Length && whole % 1024 == 0)
        {
            whole /= 1024;
            exponent++;
        }

        var number = whole.ToString(CultureInfo.InvariantCulture);
        return exponent == 0 ? number : number + QuantityParser.BinarySuffixes[exponent - 1];
    }

    private static string WriteDecimal(Int128 steps, bool asExponent)
    {
        const int LargestSuffix = 18;
        var exponent = -9;
        while (steps % 1000 == 0 && (asExponent || exponent < LargestSuffix))
        {
            steps /= 1000;
            exponent += 3;
        }

        var number = steps.ToString(CultureInfo.InvariantCulture);
        if (exponent == 0)
        {
            return number;
        }

        return asExponent
            ? string.Create(CultureInfo.InvariantCulture, $"{number}e{exponent}")
            : number + QuantityParser.DecimalSuffix(exponent);
    }
}

using System.Globalization;
using System.Numerics;

namespace NodeAgent.KubeApi.Meta;

/// <summary>Reads quantities as the API documents them: a signed decimal number and a suffix.</summary>
internal static class QuantityParser
{
    internal static readonly string[] BinarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    /// <summary>Longer texts are refused: no amount needs as many digits, and arithmetic on them is not free.</summary>
    private const int MaxLength = 256;

    /// <summary>Digits that surely fit into 128 bits, whatever they are.</summary>
    private const int SafeDigits = 37;

    private const int StepExponent = -9;

    private const string DecimalSuffixes = "num kMGTPE";

    internal static string DecimalSuffix(int exponent) => DecimalSuffixes[(exponent - StepExponent) / 3].ToString();

    /// <returns>What is wrong with the text, or null.</returns>
    internal static string? Parse(string text, out QuantityValue value)
    {
        value = default;
        if (text.Length is 0 or > MaxLength)
        {
            return text.Length == 0 ? "is empty" : $"is longer than {MaxLength} characters";
        }

        var rest = text.AsSpan();
        var isNegative = rest[0] == '-';
        if (rest[0] is '-' or '+')
        {
            rest = rest[1..];
        }

        var whole = TakeDigits(ref rest);
        ReadOnlySpan<char> fraction = default;
        if (rest.Length > 0 && rest[0] == '.')
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        if (whole.Length + fraction.Length == 0)
        {
            return "has no digits; a number such as 1, 0.5, 100m or 2Gi is wanted";
        }

        if (ReadSuffix(rest, out var format, out var exponent) is { } error)
        {
            return error;
        }

        var steps = ToSteps(whole, fraction, format, exponent);
        if (format == QuantityFormat.BinarySI)
        {
            steps = Int128.Min(steps, (Int128)long.MaxValue * QuantityValue.StepsPerUnit);
            if (steps > 0 && steps < QuantityValue.StepsPerUnit)
            {
                format = QuantityFormat.DecimalSI;
            }
        }

        value = QuantityValue.FromSteps(isNegative ? -steps : steps, format);
        return null;
    }

    private static ReadOnlySpan<char> TakeDigits(scoped ref ReadOnlySpan<char> rest)
    {
        var length = 0;
        while (length < rest.Length && char.IsAsciiDigit(rest[length]))
        {
            length++;
        }

        var digits = rest[..length];
        rest = rest[length..];
        return digits;
    }

    private static string? ReadSuffix(ReadOnlySpan<char> suffix, out QuantityFormat format, out int exponent)
    {
        format = QuantityFormat.DecimalSI;
        exponent = 0;
        if (suffix.Length == 0)
        {
            return null;
        }

        if (suffix.Length == 1 && suffix[0] != ' ' && DecimalSuffixes.IndexOf(suffix[0], StringComparison.Ordinal) is >= 0 and var index)
        {
            exponent = StepExponent + 3 * index;
            return null;
        }

        for (var i = 0; i < BinarySuffixes.Length; i++)
        {
            if (suffix.SequenceEqual(BinarySuffixes[i]))
            {
                format = QuantityFormat.BinarySI;
                exponent = 10 * (i + 1);
                return null;
            }
        }

        if (suffix[0] is 'e' or 'E' && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            format = QuantityFormat.DecimalExponent;
            return null;
        }

        return $"has the unknown suffix \"{suffix}\"; known are n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei and exponents such as e3";
    }

    /// <summary>The amount in steps, rounded up, capped at the greatest amount.</summary>
    private static Int128 ToSteps(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, QuantityFormat format, int exponent)
    {
        whole = whole.TrimStart('0');
        fraction = fraction.TrimEnd('0');
        if (whole.Length + fraction.Length == 0)
        {
            return 0;
        }

        var binary = format == QuantityFormat.BinarySI ? exponent : 0;
        var decimalExponent = (format == QuantityFormat.BinarySI ? 0L : exponent) - StepExponent - fraction.Length;
        if (whole.Length == 0)
        {
            fraction = fraction.TrimStart('0');
        }

        var length = whole.Length + fraction.Length;

        // 2^60 has 19 digits: beyond these bounds the answer is the cap, or one step.
        if (decimalExponent + length > SafeDigits + 3)
        {
            return QuantityValue.MaxMagnitude;
        }

        if (decimalExponent + length < -2 && binary == 0)
        {
            return 1;
        }

        return length + 19 + Math.Max(0, decimalExponent) <= SafeDigits
            ? ScaleFast(whole, fraction, binary, (int)decimalExponent)
            : ScaleExact(whole, fraction, binary, (int)decimalExponent);
    }

    private static Int128 ScaleFast(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, int binary, int decimalExponent)
    {
        Int128 number = 0;
        foreach (var digit in whole)
        {
            number = number * 10 + (digit - '0');
        }

        foreach (var digit in fraction)
        {
            number = number * 10 + (digit - '0');
        }

        number <<= binary;
        for (; decimalExponent > 0; decimalExponent--)
        {
            number *= 10;
        }

        var isInexact = false;
        for (; decimalExponent < 0; decimalExponent++)
        {
            (number, var remainder) = Int128.DivRem(number, 10);
            isInexact |= remainder != 0;
        }

        return isInexact ? number + 1 : number;
    }

    private static Int128 ScaleExact(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, int binary, int decimalExponent)
    {
        var number = BigInteger.Parse(string.Concat(whole, fraction), CultureInfo.InvariantCulture) << binary;
        if (decimalExponent >= 0)
        {
            number *= BigInteger.Pow(10, decimalExponent);
        }
        else
        {
            number = BigInteger.DivRem(number, BigInteger.Pow(10, -decimalExponent), out var remainder);
            number += remainder.IsZero ? 0 : 1;
        }

        return number > QuantityValue.MaxMagnitude ? QuantityValue.MaxMagnitude : (Int128)number;
    }
}

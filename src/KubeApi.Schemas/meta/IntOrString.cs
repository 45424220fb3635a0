using System.Globalization;

namespace NodeAgent.KubeApi.Meta;

public sealed partial class IntOrString
{
    private const long StringType = 1;

    public bool IsString => Type == StringType;

    public static IntOrString From(int value) => new() { Type = 0, IntVal = value };

    public static IntOrString From(string value) => new() { Type = StringType, StrVal = value };

    /// <summary>A number when the text is one, else the text.</summary>
    public static IntOrString Parse(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? From(number) : From(text);

    /// <summary>The number or the text, as it stands in a manifest.</summary>
    public string ToText() => IsString ? StrVal : IntVal.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number as it is; a percentage, such as <c>25%</c>, of <paramref name="total"/>.</summary>
    /// <exception cref="FormatException">The text is no percentage.</exception>
    public int Scale(int total, bool roundUp)
    {
        if (!IsString)
        {
            return IntVal;
        }

        if (!StrVal.EndsWith('%') || !int.TryParse(StrVal.AsSpan(0, StrVal.Length - 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var percent))
        {
            throw new FormatException($"\"{StrVal}\" is neither a number nor a percentage such as 25%");
        }

        var hundredths = (long)percent * total;
        var (quotient, remainder) = Math.DivRem(hundredths, 100);
        if (remainder != 0)
        {
            quotient += roundUp ? (hundredths > 0 ? 1 : 0) : (hundredths < 0 ? -1 : 0);
        }

        return (int)Math.Clamp(quotient, int.MinValue, int.MaxValue);
    }
}

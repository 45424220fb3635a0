using System.Globalization;
using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>Pieces of rules as iptables-save prints them.</summary>
internal static class RuleText
{
    /// <summary>The kernel keeps probabilities as multiples of 2^-31, and that is what it prints.</summary>
    private const double ProbabilityUnit = 0x8000_0000;

    public static string Host(IPAddress address) => $"{address}/{address.Family().HostPrefix()}";

    public static string Comment(string text)
    {
        var quoted = text.AsSpan().ContainsAnyExcept(PlainCharacters) ? $"\"{text}\"" : text;
        return $"-m comment --comment {quoted}";
    }

    public static string Mark(uint mark) => string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}");

    /// <summary>Matches one packet in <paramref name="numerator"/>/<paramref name="denominator"/>.</summary>
    public static string Probability(int numerator, int denominator)
    {
        var units = Math.Round(ProbabilityUnit * numerator / denominator, MidpointRounding.AwayFromZero);
        return string.Create(CultureInfo.InvariantCulture, $"-m statistic --mode random --probability {units / ProbabilityUnit:F11}");
    }

    private static readonly System.Buffers.SearchValues<char> PlainCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}

using System.Globalization;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>An amount, or a part of the whole in percent.</summary>
internal readonly record struct EvictionAmount(long Units, decimal? Percent = null)
{
    public long Of(long capacity) => Percent is { } percent ? (long)(capacity * percent / 100) : Units;

    /// <returns>Null when the text is neither an amount nor a percentage, or less than nothing.</returns>
    public static EvictionAmount? Parse(string text)
    {
        if (text.EndsWith('%'))
        {
            return decimal.TryParse(text.AsSpan()[..^1], NumberStyles.Number, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100
                ? new EvictionAmount(0, percent)
                : null;
        }

        return QuantityValue.TryParse(text, out var quantity) && quantity.Value >= 0 ? new EvictionAmount(quantity.Value) : null;
    }
}

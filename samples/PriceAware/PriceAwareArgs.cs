using System.Text.Json;
using System.Text.Json.Serialization;

namespace PriceAware;

/// <summary>The pluginConfig of PriceAware.</summary>
internal sealed record PriceAwareArgs
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public Dictionary<string, long> Prices { get; init; } = [];

    public long DefaultPrice { get; init; } = 100;
}

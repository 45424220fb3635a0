namespace PriceCatalog;

/// <summary>What machines cost, in cents per hour, by their type.</summary>
public sealed class Catalog(IReadOnlyDictionary<string, long> prices)
{
    /// <returns>Null for a type that the catalogue does not have.</returns>
    public long? Find(string machineType) => prices.TryGetValue(machineType, out var cents) ? cents : null;
}

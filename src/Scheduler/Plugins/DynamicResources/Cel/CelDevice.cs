using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>What an expression sees of a device.</summary>
internal sealed record CelDevice(string Driver, Device Device)
{
    /// <summary>Names without a domain belong to the driver's.</summary>
    public object? Attribute(string domain, string name) => Find(Device.Attributes, domain, name) switch
    {
        null => null,
        { HasInt: true } a => a.Int,
        { HasBool: true } a => a.Bool,
        { HasString: true } a => a.String,
        { HasVersion: true } a => CelVersion.Parse(a.Version),
        _ => throw new CelException($"attribute {domain}/{name}: lists are not supported"),
    };

    public QuantityValue? Capacity(string domain, string name) => Find(Device.Capacity, domain, name)?.Value?.Amount;

    private T? Find<T>(IReadOnlyDictionary<string, T> map, string domain, string name)
        where T : class =>
        map.TryGetValue($"{domain}/{name}", out var value) || (domain == Driver && map.TryGetValue(name, out value)) ? value : null;
}

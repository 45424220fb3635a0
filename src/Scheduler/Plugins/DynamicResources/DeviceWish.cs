using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>What one request, or one alternative of it, asks for.</summary>
/// <param name="Name">With its parent's before a slash, for an alternative.</param>
/// <param name="Count">Null for all devices that match.</param>
internal sealed record DeviceWish(string Name, DeviceClass Class, IReadOnlyList<CelExpression> Selectors, long? Count, bool IsAdmin, IReadOnlyList<DeviceToleration> Tolerations)
{
    /// <summary>How much of which capacity of a device; nothing for what its policies say.</summary>
    public IReadOnlyDictionary<string, QuantityValue> Capacity { get; init; } = new Dictionary<string, QuantityValue>();

    /// <exception cref="CelException">A selector fails for the device.</exception>
    public bool Fits(DeviceOffer offer)
    {
        foreach (var taint in offer.Device.Taints)
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerations.Any(t => Tolerates(t, taint)))
            {
                return false;
            }
        }

        return Selectors.All(s => s.Matches(offer.ForSelectors));
    }

    private static bool Tolerates(DeviceToleration toleration, DeviceTaint taint) =>
        (toleration.Effect.Length == 0 || toleration.Effect == taint.Effect)
        && (toleration.Key.Length == 0 || toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || toleration.Value == taint.Value);
}

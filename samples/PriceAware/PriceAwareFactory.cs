using System.Text.Json;
using NodeAgent.KubeApi;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using PriceCatalog;

namespace PriceAware;

/// <summary>Makes the plugin for each profile that enables it. The scheduler finds it because it is public and has no parameters.</summary>
public sealed class PriceAwareFactory : IPluginFactory
{
    public string PluginName => PriceAwarePlugin.PluginName;

    /// <param name="arguments"><c>prices</c>: cents per hour by machine type; <c>defaultPrice</c>: of types that are not listed, 100 if left out.</param>
    public IPlugin Create(JsonElement? arguments, IPluginHost host)
    {
        var args = arguments is { } json ? json.Deserialize<PriceAwareArgs>(PriceAwareArgs.Json) : null;
        if (args is null || args.Prices.Count == 0)
        {
            throw new FormatException("prices: at least one machine type with its price is wanted");
        }

        if (args.Prices.FirstOrDefault(p => p.Value < 0) is { Key: { } type, Value: var price })
        {
            throw new FormatException($"prices.{type}: {price} must not be less than 0");
        }

        // Namespaces carry a budget. Asking for the informer here starts it; a change of a namespace wakes pods that the plugin refused.
        var namespaces = host.Informer(Resources.Namespaces, EventResource.Custom).Store;
        return new PriceAwarePlugin(new Catalog(args.Prices), args.DefaultPrice, namespaces);
    }
}

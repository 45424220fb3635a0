using System.Text.Json;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>Plugin names to what makes the plugins; built-in ones and others take the same way.</summary>
internal sealed class PluginRegistry
{
    private readonly Dictionary<string, IPluginFactory> _factories = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => _factories.Keys;

    public void Add(IPluginFactory factory)
    {
        if (!_factories.TryAdd(factory.PluginName, factory))
        {
            throw new InvalidOperationException($"two plugins are named {factory.PluginName}: {_factories[factory.PluginName].GetType()} and {factory.GetType()}");
        }
    }

    public void Add(string name, Func<JsonElement?, IPluginHost, IPlugin> create) => Add(new Factory(name, create));

    public IPluginFactory? Find(string name) => _factories.GetValueOrDefault(name);

    private sealed class Factory(string name, Func<JsonElement?, IPluginHost, IPlugin> create) : IPluginFactory
    {
        public string PluginName => name;

        public IPlugin Create(JsonElement? arguments, IPluginHost host) => create(arguments, host);
    }
}

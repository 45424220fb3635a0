using System.Text.Json;
using NodeAgent.Hosting.Config;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>Plugin names to what makes the plugins; built-in ones and others take the same way.</summary>
internal sealed class PluginRegistry
{
    private readonly Dictionary<string, Func<RawConfig?, IPluginHost, IPlugin>> _factories = new(StringComparer.Ordinal);

    /// <summary>What a profile has when its configuration says nothing.</summary>
    public IReadOnlyList<PluginReference> Defaults { get; set; } = [];

    /// <summary>What the built-in plugins were registered by.</summary>
    public FeatureGates Gates { get; set; } = FeatureGates.Default;

    public IReadOnlyCollection<string> Names => _factories.Keys;

    public void Add(IPluginFactory factory) => Add(factory.PluginName, (args, host) => factory.Create(ToJson(args), host));

    /// <exception cref="InvalidOperationException">Another plugin has the name.</exception>
    public void Add(string name, Func<RawConfig?, IPluginHost, IPlugin> create)
    {
        if (!_factories.TryAdd(name, create))
        {
            throw new InvalidOperationException($"two plugins are named {name}");
        }
    }

    /// <summary>Adds a plugin without arguments; any that it is given are refused.</summary>
    public void AddPlain(string name, Func<IPluginHost, IPlugin> create) => Add(name, (args, host) =>
        args is null || args.ToJson() is "{}" or "null" ? create(host) : throw new ConfigException("the configuration cannot be used", $"pluginConfig of {name}: the plugin takes no arguments"));

    /// <summary>Adds a plugin whose arguments have a type.</summary>
    public void Add<TArgs>(string name, Func<TArgs, IPluginHost, IPlugin> create)
        where TArgs : class, new() => Add(name, (raw, host) =>
        {
            var args = raw?.Bind<TArgs>() ?? new TArgs();
            var errors = args is IPluginArgs checkable ? checkable.Validate().Select(e => $"pluginConfig of {name}: {e}").ToList() : [];
            return errors.Count == 0 ? create(args, host) : throw new ConfigException("the configuration cannot be used", errors);
        });

    public Func<RawConfig?, IPluginHost, IPlugin>? Find(string name) => _factories.GetValueOrDefault(name);

    private static JsonElement? ToJson(RawConfig? args)
    {
        if (args is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(args.ToJson());
        return document.RootElement.Clone();
    }
}

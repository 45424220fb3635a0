namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Makes one plugin for each profile that enables it. Assemblies named in the configuration are searched for public implementations with a public constructor without parameters.</summary>
public interface IPluginFactory
{
    /// <summary>The name of the plugins that it makes.</summary>
    string PluginName { get; }

    /// <param name="arguments">The plugin's <c>pluginConfig</c> args as JSON; null without any.</param>
    /// <exception cref="FormatException">The arguments are wrong; the message says what and where.</exception>
    IPlugin Create(System.Text.Json.JsonElement? arguments, IPluginHost host);
}

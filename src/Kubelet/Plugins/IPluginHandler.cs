using NodeAgent.Kubelet.Schemas.Registration;

namespace NodeAgent.Kubelet.Plugins;

/// <summary>What to do with plugins of one type that make themselves known.</summary>
internal interface IPluginHandler
{
    /// <summary>As plugins name it, such as <c>CSIPlugin</c>.</summary>
    string Type { get; }

    /// <param name="endpoint">The socket that the plugin serves on.</param>
    /// <exception cref="Exception">It is not taken; the plugin is told why and is tried again.</exception>
    Task RegisterAsync(PluginInfo info, string endpoint, CancellationToken cancellationToken);

    /// <summary>Its registration socket is gone.</summary>
    Task DeregisterAsync(string name, CancellationToken cancellationToken);
}

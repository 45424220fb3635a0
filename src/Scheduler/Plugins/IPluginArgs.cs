namespace NodeAgent.Scheduler.Plugins;

/// <summary>Arguments of a plugin that can be wrong in more ways than their types say.</summary>
internal interface IPluginArgs
{
    /// <summary>Everything that is wrong, each beginning with the field's path.</summary>
    IEnumerable<string> Validate();
}

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>A device of the cluster.</summary>
internal readonly record struct DeviceKey(string Driver, string Pool, string Device);

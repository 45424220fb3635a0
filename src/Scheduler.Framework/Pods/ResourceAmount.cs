namespace NodeAgent.Scheduler.Framework.Pods;

/// <param name="Resource">The column of the resource, see <see cref="Nodes.ResourceColumns"/>.</param>
/// <param name="Amount">Thousandths for cpu, whole units for all others.</param>
public readonly record struct ResourceAmount(int Resource, long Amount);

using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Scheduler;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Explain;

if (args is [ExplainCommand.Name, ..])
{
    return await ExplainCommand.RunAsync(args[1..], Console.Out, Console.Error);
}

RuntimeTuning.Apply();
var definition = new DaemonDefinition<SchedulerSettings>("kube-scheduler", "Finds a node for each pod of a Kubernetes cluster that has none.")
{
    Declare = flags =>
    {
        var own = new SchedulerFlags(flags);
        return warnings => new SchedulerSettings(own.Load(warnings), own);
    },
};
return await Daemon.RunAsync(definition, args, SchedulerRoot.RunAsync);

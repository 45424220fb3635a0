using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Kubelet.Startup;

RuntimeTuning.Apply();
return await Daemon.RunAsync(KubeletDaemon.Definition, args, context => new KubeletDaemon(context).RunAsync());

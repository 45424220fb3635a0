using NodeAgent.DevCluster.Images;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Bench.Kubelets;

/// <summary>The pods that are measured.</summary>
internal static class PodTemplates
{
    public const string Namespace = "default";
    private const int Port = 8080;

    /// <summary>One container that does nothing.</summary>
    public static Pod Pause(string name, string node) => Make(name, node, new Container { Name = "main", Image = TestImages.PauseName, ImagePullPolicy = "IfNotPresent" });

    /// <summary>A web server with three probes, one of each common kind, all at their default period of ten seconds.</summary>
    public static Pod Probed(string name, string node)
    {
        var web = new Container { Name = "main", Image = TestImages.BusyboxName, ImagePullPolicy = "IfNotPresent", Command = { "httpd", "-f", "-p", "8080", "-h", "/www" } };
        web.ReadinessProbe = new Probe { Handler = new ProbeHandler { HttpGet = new HTTPGetAction { Path = "/", Port = new IntOrString { IntVal = Port } } } };
        web.LivenessProbe = new Probe { Handler = new ProbeHandler { TcpSocket = new TCPSocketAction { Port = new IntOrString { IntVal = Port } } } };
        var beside = new Container { Name = "beside", Image = TestImages.BusyboxName, ImagePullPolicy = "IfNotPresent", Command = { "sleep", "100000" } };
        beside.LivenessProbe = new Probe { Handler = new ProbeHandler { Exec = new ExecAction { Command = { "true" } } } };
        var pod = Make(name, node, web, beside);

        // Neither program handles SIGTERM as the first process of a container.
        pod.Spec.TerminationGracePeriodSeconds = 1;
        return pod;
    }

    private static Pod Make(string name, string node, params Container[] containers)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
            Spec = new PodSpec { NodeName = node },
        };
        pod.Spec.Containers.AddRange(containers);
        return pod;
    }
}

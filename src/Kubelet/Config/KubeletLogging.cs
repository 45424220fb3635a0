using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

[NotActedOn("flushFrequency", "vmodule", "options")]
internal sealed class KubeletLogging
{
    [ZeroIsDefault]
    public string Format { get; set; } = "text";

    public int Verbosity { get; set; }
}

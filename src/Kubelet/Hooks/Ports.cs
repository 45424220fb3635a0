using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Hooks;

/// <summary>Port numbers and port names in probes and hooks.</summary>
internal static class Ports
{
    private const int NameType = 1;

    /// <exception cref="FormatException">There is no such port.</exception>
    public static int Resolve(IntOrString? port, Container container)
    {
        if (port is null)
        {
            throw new FormatException("no port is given");
        }

        var number = port.Type != NameType
            ? port.IntVal
            : container.Ports.FirstOrDefault(p => p.Name == port.StrVal)?.ContainerPort_
                ?? (int.TryParse(port.StrVal, System.Globalization.CultureInfo.InvariantCulture, out var parsed)
                    ? parsed
                    : throw new FormatException($"couldn't find port: {port.StrVal}"));
        return number is > 0 and < 65536 ? number : throw new FormatException($"invalid port number: {number}");
    }
}

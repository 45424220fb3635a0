using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Checks probes and lifecycle hooks.</summary>
internal static class ProbeValidation
{
    public static void Validate(Container container, string path, FieldErrors errors)
    {
        ValidateProbe(container.LivenessProbe, $"{path}.livenessProbe", container, errors, isReadiness: false);
        ValidateProbe(container.ReadinessProbe, $"{path}.readinessProbe", container, errors, isReadiness: true);
        ValidateProbe(container.StartupProbe, $"{path}.startupProbe", container, errors, isReadiness: false);
        ValidateHook(container.Lifecycle?.PostStart, $"{path}.lifecycle.postStart", container, errors);
        ValidateHook(container.Lifecycle?.PreStop, $"{path}.lifecycle.preStop", container, errors);
    }

    private static void ValidateProbe(Probe? probe, string path, Container container, FieldErrors errors, bool isReadiness)
    {
        if (probe is null)
        {
            return;
        }

        var handler = probe.Handler ?? new ProbeHandler();
        var given = new[] { handler.Exec, handler.HttpGet, handler.TcpSocket, (object?)handler.Grpc }.Count(h => h is not null);
        if (given != 1)
        {
            errors.Add(path, $"must have exactly one of exec, httpGet, tcpSocket and grpc, not {given}");
        }

        ValidateActions(handler.Exec, handler.HttpGet, handler.TcpSocket, path, container, errors);
        if (handler.Grpc is { } grpc)
        {
            errors.Port($"{path}.grpc.port", grpc.Port);
        }

        errors.AtLeast($"{path}.initialDelaySeconds", probe.InitialDelaySeconds, 0);
        errors.AtLeast($"{path}.timeoutSeconds", probe.TimeoutSeconds, 0);
        errors.AtLeast($"{path}.periodSeconds", probe.PeriodSeconds, 0);
        errors.AtLeast($"{path}.successThreshold", probe.SuccessThreshold, 0);
        errors.AtLeast($"{path}.failureThreshold", probe.FailureThreshold, 0);
        if (!isReadiness && probe.SuccessThreshold != 1)
        {
            errors.Add($"{path}.successThreshold", $"{probe.SuccessThreshold} must be 1");
        }

        if (probe.HasTerminationGracePeriodSeconds)
        {
            errors.AtLeast($"{path}.terminationGracePeriodSeconds", probe.TerminationGracePeriodSeconds, 1);
            if (isReadiness)
            {
                errors.Add($"{path}.terminationGracePeriodSeconds", "must not be set: a readiness probe ends nothing");
            }
        }
    }

    private static void ValidateHook(LifecycleHandler? hook, string path, Container container, FieldErrors errors)
    {
        if (hook is null)
        {
            return;
        }

        var given = new[] { hook.Exec, hook.HttpGet, hook.TcpSocket, (object?)hook.Sleep }.Count(h => h is not null);
        if (given != 1)
        {
            errors.Add(path, $"must have exactly one of exec, httpGet, tcpSocket and sleep, not {given}");
        }

        ValidateActions(hook.Exec, hook.HttpGet, hook.TcpSocket, path, container, errors);
        if (hook.Sleep is { } sleep)
        {
            errors.AtLeast($"{path}.sleep.seconds", sleep.Seconds, 0);
        }
    }

    private static void ValidateActions(ExecAction? exec, HTTPGetAction? http, TCPSocketAction? tcp, string path, Container container, FieldErrors errors)
    {
        if (exec is { Command.Count: 0 })
        {
            errors.Add($"{path}.exec.command", "is required");
        }

        if (http is not null)
        {
            ValidatePort(http.Port, $"{path}.httpGet.port", container, errors);
            errors.Required($"{path}.httpGet.path", http.Path);
            errors.OneOf($"{path}.httpGet.scheme", http.Scheme, "HTTP", "HTTPS");
            for (var i = 0; i < http.HttpHeaders.Count; i++)
            {
                errors.Required($"{path}.httpGet.httpHeaders[{i}].name", http.HttpHeaders[i].Name);
            }
        }

        if (tcp is not null)
        {
            ValidatePort(tcp.Port, $"{path}.tcpSocket.port", container, errors);
        }
    }

    private static void ValidatePort(IntOrString? port, string path, Container container, FieldErrors errors)
    {
        switch (port)
        {
            case null:
                errors.Add(path, "is required");
                break;
            case { IsString: false }:
                errors.Port(path, port.IntVal);
                break;
            case { } when !NameSyntax.IsPortName(port.StrVal):
                errors.Add(path, $"\"{port.StrVal}\" is neither a number nor the name of a port");
                break;
            case { } when container.Ports.All(p => p.Name != port.StrVal):
                errors.Add(path, $"the container has no port named \"{port.StrVal}\"{NameSuggestion.Hint(port.StrVal, container.Ports.Select(p => p.Name))}");
                break;
        }
    }
}

namespace NodeAgent.Proxy.Iptables;

internal sealed record CommandResult(int ExitCode, string Error);

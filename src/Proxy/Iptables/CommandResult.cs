namespace NodeAgent.Proxy.Iptables;

/// <param name="LinesBefore">How many lines the program had read before its last input: numbers of lines in its error begin there.</param>
internal sealed record CommandResult(int ExitCode, string Error, int LinesBefore = 0);

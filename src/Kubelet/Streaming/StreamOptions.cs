using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>The streams that a request for exec or attach asks for.</summary>
internal sealed record StreamOptions(bool Stdin, bool Stdout, bool Stderr, bool Tty)
{
    /// <exception cref="HttpError">No stream is asked for.</exception>
    public static StreamOptions Parse(IQueryCollection query)
    {
        var tty = query["tty"] == "1";

        // A terminal has one output.
        var options = new StreamOptions(query["input"] == "1", query["output"] == "1", query["error"] == "1" && !tty, tty);
        return options is { Stdin: false, Stdout: false, Stderr: false }
            ? throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr")
            : options;
    }
}

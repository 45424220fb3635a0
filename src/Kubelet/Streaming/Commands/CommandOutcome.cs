using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Null when it could not be run or observed.</param>
/// <param name="Error">What went wrong then.</param>
internal readonly record struct CommandOutcome(int? ExitCode, string Error)
{
    /// <summary>The error stream's content from protocol version 4 on: a Status object.</summary>
    public byte[] ToStatus()
    {
        JsonObject status;
        if (ExitCode == 0)
        {
            status = new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" };
        }
        else if (ExitCode is { } code)
        {
            var text = code.ToString(CultureInfo.InvariantCulture);
            status = new JsonObject
            {
                ["metadata"] = new JsonObject(),
                ["status"] = "Failure",
                ["message"] = $"command terminated with non-zero exit code: exit code {text}",
                ["reason"] = "NonZeroExitCode",
                ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = text }) },
            };
        }
        else
        {
            status = new JsonObject
            {
                ["metadata"] = new JsonObject(),
                ["status"] = "Failure",
                ["message"] = $"Internal error occurred: {Error}",
                ["reason"] = "InternalError",
                ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = Error }) },
                ["code"] = 500,
            };
        }

        return JsonSerializer.SerializeToUtf8Bytes(status);
    }

    /// <summary>The error stream's content before version 4: a text, and nothing for success.</summary>
    public byte[] ToText() =>
        ExitCode == 0 ? []
        : System.Text.Encoding.UTF8.GetBytes(ExitCode is { } code ? $"command terminated with non-zero exit code: exit code {code}" : Error);
}

using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>Makes an exception of a failed answer, whatever form its body has: protobuf, JSON, or the text of a proxy.</summary>
internal static class StatusReader
{
    private const int LongestText = 512;

    public static KubeApiException ToException(string operation, HttpStatusCode code, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        var status = TryRead(body);
        return status is not null
            ? ToException(operation, code, status, retryAfter)
            : new KubeApiException(operation, code, DefaultReason(code), DescribeText(body, code), retryAfter);
    }

    public static KubeApiException ToException(string operation, HttpStatusCode code, Status status, TimeSpan? retryAfter)
    {
        var realCode = status.Code > 0 ? (HttpStatusCode)status.Code : code;
        retryAfter ??= status.Details is { RetryAfterSeconds: > 0 } details ? TimeSpan.FromSeconds(details.RetryAfterSeconds) : null;
        var message = status.Message.Length > 0 ? status.Message : DescribeText(default, realCode);
        return new KubeApiException(operation, realCode, status.Reason.Length > 0 ? status.Reason : DefaultReason(realCode), message, retryAfter);
    }

    private static Status? TryRead(ReadOnlySpan<byte> body)
    {
        try
        {
            if (body.StartsWith(Envelope.Magic))
            {
                var raw = Envelope.Unwrap(body, out var isStatus);
                return isStatus ? Status.Parser.ParseFrom(raw) : null;
            }

            return body.TrimStart(" \r\n\t"u8).StartsWith("{"u8) ? ReadJson(body) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static Status? ReadJson(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (!root.TryGetProperty("kind", out var kind) || kind.GetString() != "Status")
        {
            return null;
        }

        var status = new Status { Message = Text(root, "message"), Reason = Text(root, "reason") };
        if (root.TryGetProperty("code", out var code))
        {
            status.Code = code.GetInt32();
        }

        if (root.TryGetProperty("details", out var details) && details.TryGetProperty("retryAfterSeconds", out var seconds))
        {
            status.Details = new StatusDetails { RetryAfterSeconds = seconds.GetInt32() };
        }

        return status;
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static string DescribeText(ReadOnlySpan<byte> body, HttpStatusCode code)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestText)]).Trim();
        return text.Length > 0 ? text : code.ToString();
    }

    private static string DefaultReason(HttpStatusCode code) => code switch
    {
        HttpStatusCode.BadRequest => "BadRequest",
        HttpStatusCode.Unauthorized => "Unauthorized",
        HttpStatusCode.Forbidden => "Forbidden",
        HttpStatusCode.NotFound => "NotFound",
        HttpStatusCode.MethodNotAllowed => "MethodNotAllowed",
        HttpStatusCode.NotAcceptable => "NotAcceptable",
        HttpStatusCode.Conflict => "Conflict",
        HttpStatusCode.Gone => "Expired",
        HttpStatusCode.UnprocessableEntity => "Invalid",
        HttpStatusCode.TooManyRequests => "TooManyRequests",
        HttpStatusCode.InternalServerError => "InternalError",
        HttpStatusCode.ServiceUnavailable => "ServiceUnavailable",
        HttpStatusCode.GatewayTimeout => "Timeout",
        _ => "",
    };
}

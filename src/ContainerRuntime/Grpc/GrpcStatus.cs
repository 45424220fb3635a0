using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>The outcome of a call as the peer states it in its trailers.</summary>
internal readonly record struct GrpcStatus(int Code, string Message)
{
    public const int Ok = 0;

    private const string StatusHeader = "grpc-status";
    private const string MessageHeader = "grpc-message";

    public bool IsOk => Code == Ok;

    /// <summary>
    /// The status from the trailers or, when the peer answered with trailers only, from the headers. Null when there is none:
    /// the stream ended before the call did.
    /// </summary>
    public static GrpcStatus? Read(HttpResponseMessage response) =>
        Read(response.TrailingHeaders) ?? Read(response.Headers);

    public RuntimeErrorCode ToErrorCode() => Code switch
    {
        3 or 11 => RuntimeErrorCode.InvalidArgument,
        4 => RuntimeErrorCode.DeadlineExceeded,
        5 => RuntimeErrorCode.NotFound,
        6 => RuntimeErrorCode.AlreadyExists,
        7 or 16 => RuntimeErrorCode.PermissionDenied,
        8 => RuntimeErrorCode.ResourceExhausted,
        9 => RuntimeErrorCode.FailedPrecondition,
        12 => RuntimeErrorCode.Unimplemented,
        13 or 15 => RuntimeErrorCode.Internal,
        14 => RuntimeErrorCode.Unavailable,
        _ => RuntimeErrorCode.Unknown,
    };

    /// <summary>What gRPC prescribes for a peer that answers with plain HTTP.</summary>
    public static RuntimeErrorCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => RuntimeErrorCode.Internal,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => RuntimeErrorCode.PermissionDenied,
        HttpStatusCode.NotFound => RuntimeErrorCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            => RuntimeErrorCode.Unavailable,
        _ => RuntimeErrorCode.Unknown,
    };

    /// <summary>grpc-message is UTF-8 with percent-encoding; what is no valid escape stays as it is.</summary>
    internal static string Decode(string message)
    {
        if (!message.Contains('%'))
        {
            return message;
        }

        var bytes = new List<byte>(message.Length);
        for (var i = 0; i < message.Length; i++)
        {
            if (message[i] == '%' && i + 2 < message.Length
                && byte.TryParse(message.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(message, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static GrpcStatus? Read(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(StatusHeader, out var values))
        {
            return null;
        }

        var code = int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 2;
        var message = headers.NonValidated.TryGetValues(MessageHeader, out var messages) ? Decode(messages.ToString()) : "";
        return new GrpcStatus(code, message);
    }
}

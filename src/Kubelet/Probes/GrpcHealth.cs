using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace NodeAgent.Kubelet.Probes;

/// <summary>Asks the gRPC health service (grpc.health.v1.Health/Check); the two messages have one field each and are written by hand.</summary>
internal sealed class GrpcHealth : IDisposable
{
    private const int PrefixLength = 5;
    private const int Serving = 1;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero });

    public async Task<ProbeRun> CheckAsync(string host, GRPCAction action, CancellationToken cancellationToken)
    {
        var bracketed = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{bracketed}:{action.Port}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Message(action.Service)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.36");
        using var response = await _http.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var code = Header(response.TrailingHeaders, "grpc-status") ?? Header(response.Headers, "grpc-status");
        return code switch
        {
            "0" when Status(body) == Serving => new ProbeRun(true, "service healthy"),
            "0" => new ProbeRun(false, "service unhealthy (responded with \"NOT_SERVING\")"),
            "12" => new ProbeRun(false, "server doesn't implement the grpc health protocol (grpc.health.v1.Health)"),
            "5" => new ProbeRun(false, $"service \"{action.Service}\" is unknown to the health service"),
            _ => new ProbeRun(false, $"health rpc failed with status {code ?? ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)}"),
        };
    }

    public void Dispose() => _http.Dispose();

    private static string? Header(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static byte[] Message(string service)
    {
        const byte FirstFieldText = 0x0a;
        var name = Encoding.UTF8.GetBytes(service);
        using var stream = new MemoryStream();
        stream.Write(new byte[PrefixLength]);
        if (name.Length > 0)
        {
            using var coded = new Google.Protobuf.CodedOutputStream(stream, leaveOpen: true);
            coded.WriteRawTag(FirstFieldText);
            coded.WriteBytes(Google.Protobuf.ByteString.CopyFrom(name));
        }

        var message = stream.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(1), (uint)(message.Length - PrefixLength));
        return message;
    }

    /// <summary>The one field of the answer, a number.</summary>
    private static int Status(byte[] body) => body.Length >= PrefixLength + 2 && body[PrefixLength] == 0x08 ? body[PrefixLength + 1] : 0;
}

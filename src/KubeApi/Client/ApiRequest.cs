using System.Net.Http.Headers;

namespace NodeAgent.KubeApi.Client;

/// <summary>One call, in a form that can be sent again.</summary>
/// <param name="Operation">What is being done to which object, for messages.</param>
/// <param name="Path">Path and query below the server's address.</param>
/// <param name="Timeout">Until the answer begins; null for the client's.</param>
/// <param name="FailsFast">The caller has a back-off of its own: no waiting here.</param>
/// <param name="IsLimited">False for what is asked once and must not use up the budget of the work.</param>
internal sealed record ApiRequest(
    string Operation,
    HttpMethod Method,
    string Path,
    string Accept,
    ReadOnlyMemory<byte>? Body = null,
    string? ContentType = null,
    TimeSpan? Timeout = null,
    bool FailsFast = false,
    bool IsLimited = true)
{
    public HttpRequestMessage ToMessage(Uri server)
    {
        var message = new HttpRequestMessage(Method, new Uri(server, Path));
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType!);
        }

        return message;
    }
}

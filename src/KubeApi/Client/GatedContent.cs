using System.Net;

namespace NodeAgent.KubeApi.Client;

/// <summary>
/// A body that asks the gate once more when it is about to be written: a request may wait for long, inside the HTTP client, until the
/// connection has a stream for it, and the server carries nothing out before it has the body.
/// </summary>
internal sealed class GatedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly Func<bool> _isAllowed;
    private readonly string _operation;

    public GatedContent(HttpContent inner, Func<bool> isAllowed, string operation)
    {
        _inner = inner;
        _isAllowed = isAllowed;
        _operation = operation;
        foreach (var header in inner.Headers)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _isAllowed() ? _inner.CopyToAsync(stream, context, cancellationToken) : throw new RequestRefusedException(_operation);

    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

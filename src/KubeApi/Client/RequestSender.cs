using System.Net;
using NodeAgent.KubeApi.Client.Wire;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.KubeApi.Client;

/// <summary>Sends requests: rate limit, credentials, waiting out Retry-After, one fresh try after a 401, observation.</summary>
internal sealed class RequestSender(ClientTransport transport, KubeClientOptions options, TimeProvider time)
{
    private readonly RateLimiter _limiter = new(options.Qps, options.Burst, time);

    public Uri Server => transport.Server;

    /// <summary>Sends until there is an answer that counts as a success, and returns it with its body unread.</summary>
    /// <exception cref="KubeApiException">The server answered with a failure.</exception>
    /// <exception cref="KubeConnectionException">There was no answer, or no credential to ask with.</exception>
    /// <exception cref="RequestRefusedException">The client's gate did not let it leave.</exception>
    public async Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var response = await SendOnceAsync(request.ToMessage(transport.Server), request.Operation, attempt, request.Timeout ?? options.Timeout, request.IsLimited, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                var wait = RetryAfter.Of(response, time.GetUtcNow());
                if (wait is null && response.StatusCode == HttpStatusCode.Unauthorized && attempt == 0 && transport.RenewCredentials())
                {
                    wait = TimeSpan.Zero;
                }

                if (wait is null || attempt >= RetryAfter.MaxRetries || (request.FailsFast && wait > TimeSpan.Zero))
                {
                    throw await ReadFailureAsync(response, request.Operation, cancellationToken);
                }

                await Task.Delay(wait.Value, time, cancellationToken);
            }
        }
    }

    /// <summary>One attempt; every answer is returned, also a failure.</summary>
    public async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage message, string operation, int attempt, TimeSpan? timeout, bool isLimited, CancellationToken cancellationToken)
    {
        var method = message.Method.Method;
        if (isLimited)
        {
            var waited = await _limiter.WaitAsync(cancellationToken);
            options.Observer?.OnRateLimited(method, transport.Server.Authority, waited);
        }

        var gate = message.Method == HttpMethod.Get ? null : options.Gate;
        cancellationToken.ThrowIfCancellationRequested();
        bool IsAllowed() => gate!.Allows(message.Method, message.RequestUri!.AbsolutePath);
        if (gate is not null && !IsAllowed())
        {
            throw new RequestRefusedException(operation);
        }

        if (gate is not null && message.Content is { } content)
        {
            message.Content = new GatedContent(content, IsAllowed, operation);
        }

        var start = time.GetTimestamp();
        var code = 0;
        using var limited = gate is null ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken) : new CancellationTokenSource();
        using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limited, timeout ?? KubeClientOptions.DefaultTimeout, System.Threading.Timeout.InfiniteTimeSpan);

        // What a write does is to be known before the caller ends, unless it is forbidden by now.
        using var grace = gate is null
            ? default
            : cancellationToken.UnsafeRegister(_ => timer.Change(IsAllowed() ? gate.AnswerGrace : TimeSpan.Zero, System.Threading.Timeout.InfiniteTimeSpan), null);
        try
        {
            message.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
            var response = await transport.SendAsync(message, limited.Token);
            code = (int)response.StatusCode;
            return response;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubeConnectionException(operation, transport.Server, new TimeoutException($"no answer within {(timeout ?? KubeClientOptions.DefaultTimeout).TotalSeconds:0} s", e));
        }
        catch (HttpRequestException e) when (e.InnerException is RequestRefusedException refused)
        {
            throw refused;
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not KubeConnectionException or ClientConfigException)
        {
            throw new KubeConnectionException(operation, transport.Server, e);
        }
        finally
        {
            options.Observer?.OnAnswered(new RequestObservation(method, transport.Server.Authority, code, time.GetElapsedTime(start), (int)(message.Content?.Headers.ContentLength ?? 0), attempt));
        }
    }

    private async Task<KubeApiException> ReadFailureAsync(HttpResponseMessage response, string operation, CancellationToken cancellationToken)
    {
        var retryAfter = RetryAfter.Named(response, time.GetUtcNow());
        try
        {
            using var reader = new WireReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var body = await reader.ReadToEndAsync(cancellationToken);
            return StatusReader.ToException(operation, response.StatusCode, body.Span, retryAfter);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new KubeApiException(operation, response.StatusCode, "", $"{response.ReasonPhrase} (the rest of the answer was lost: {e.Message})", retryAfter);
        }
    }
}

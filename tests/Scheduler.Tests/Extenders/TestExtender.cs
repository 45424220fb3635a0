using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Scheduler.Tests.Extenders;

/// <summary>An extender on loopback.</summary>
internal sealed class TestExtender : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestExtender(WebApplication app)
    {
        _app = app;
    }

    /// <summary>What it was asked, in order.</summary>
    public ConcurrentQueue<(string Verb, JsonNode Body)> Requests { get; } = new();

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <param name="answer">From the verb and the request to the answer's body; null for status 500.</param>
    public static async Task<TestExtender> StartAsync(Func<string, JsonNode, Task<JsonNode?>> answer, X509Certificate2? certificate = null, bool wantsClient = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            if (certificate is not null)
            {
                l.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateMode = wantsClient ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate,
                    ClientCertificateValidation = (_, _, _) => true,
                });
            }
        }));
        var extender = new TestExtender(builder.Build());
        extender._app.Run(async context =>
        {
            var verb = context.Request.Path.Value!.TrimStart('/');
            var body = (await JsonNode.ParseAsync(context.Request.Body))!;
            extender.Requests.Enqueue((verb, body));
            if (await answer(verb, body) is { } json)
            {
                await context.Response.WriteAsync(json.ToJsonString());
            }
            else
            {
                context.Response.StatusCode = 500;
            }
        });
        await extender._app.StartAsync();
        return extender;
    }

    public static Task<TestExtender> StartAsync(Func<string, JsonNode, JsonNode?> answer) => StartAsync((verb, body) => Task.FromResult(answer(verb, body)));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

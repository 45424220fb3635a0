using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace NodeAgent.Proxy.Health;

/// <summary>A plain HTTP server that answers every request with one function.</summary>
internal sealed class HealthListener : IAsyncDisposable
{
    private readonly WebApplication _application;

    private HealthListener(WebApplication application) => _application = application;

    /// <exception cref="IOException">An address could not be bound.</exception>
    public static async Task<HealthListener> StartAsync(IReadOnlyCollection<IPEndPoint> addresses, RequestDelegate answer, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var address in addresses)
            {
                kestrel.Listen(address);
            }
        });
        var application = builder.Build();
        application.Run(answer);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new HealthListener(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    /// <summary>Signals are the daemon's business.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

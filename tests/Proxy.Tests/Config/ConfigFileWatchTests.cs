using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Config;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Config;

public sealed class ConfigFileWatchTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();
    private readonly Complaints _complaints = new();
    private readonly CancellationTokenSource _stop = new();
    private int _changes;

    public ConfigFileWatchTests() => Write("iptables: {syncPeriod: 30s}");

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _complaints.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task RunAsync_FileBecomesOneThatCannotBeUsed_GoesOnAndWaitsForAnother()
    {
        var watch = ConfigFileWatch.RunAsync(_file, () => Interlocked.Increment(ref _changes), _time, _complaints, _stop.Token);
        Write("iptables: {syncPeriods: 1m}");
        _time.Advance(Interval);
        await UntilAsync(() => _complaints.Count == 1, watch);
        var afterMistake = _changes;

        Write("iptables: {syncPeriod: 20m, minSyncPeriod: 1s}");
        await UntilAsync(() => _time.WaitingTimers == 1, watch);
        _time.Advance(Interval);
        await UntilAsync(() => _changes == 1, watch);

        Assert.Equal((0, 1), (afterMistake, _complaints.Count));
    }

    /// <summary>Each text has another length, whatever the resolution of the file's time.</summary>
    private void Write(string field) => File.WriteAllText(_file, $"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{field}\n");

    private static async Task UntilAsync(Func<bool> condition, Task watch)
    {
        var started = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(watch.IsFaulted, watch.Exception?.ToString());
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), "this did not come to pass");
            await Task.Delay(1);
        }
    }

    /// <summary>Counts errors.</summary>
    private sealed class Complaints : ILoggerFactory, ILogger
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
            {
                Interlocked.Increment(ref _count);
            }
        }

        public void Dispose()
        {
        }
    }
}

using System.Globalization;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>The logging of one process: where lines go, in which form, from which level on.</summary>
public sealed class DaemonLogging : IDisposable
{
    private readonly LogSink _sink;
    private readonly LoggerFactory _factory;

    private DaemonLogging(LogSink sink, LoggerFactory factory, LogVerbosity verbosity)
    {
        _sink = sink;
        _factory = factory;
        Verbosity = verbosity;
    }

    public ILoggerFactory Factory => _factory;

    public LogVerbosity Verbosity { get; }

    public long DroppedLines => _sink.TotalDropped;

    public static DaemonLogging ToStandardError(LoggingOptions options, TimeProvider time) =>
        Create(Console.OpenStandardError(), options, time, IsJournal(Environment.GetEnvironmentVariable("JOURNAL_STREAM"), "/proc/self/fd/2"));

    public static DaemonLogging Create(Stream output, LoggingOptions options, TimeProvider time, bool journalPriority = false)
    {
        var sink = new LogSink(output);
        var verbosity = new LogVerbosity(options.Verbosity);
        var provider = new KlogLoggerProvider(sink, options.Format, verbosity, time, journalPriority);
        // The provider filters by itself, so that the verbosity can change while the process runs.
        var factory = new LoggerFactory([provider], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        return new DaemonLogging(sink, factory, verbosity);
    }

    public void Flush(TimeSpan atMost) => _sink.Flush(atMost);

    public void Dispose()
    {
        _factory.Dispose();
        _sink.Dispose();
    }

    /// <summary>JOURNAL_STREAM is "device:inode" of the journal's socket; stderr is that socket unless somebody redirected it.</summary>
    internal static bool IsJournal(string? journalStream, string stderrLink)
    {
        if (journalStream?.Split(':') is not [_, var inode] || !ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return false;
        }

        try
        {
            return new FileInfo(stderrLink).LinkTarget == $"socket:[{inode}]";
        }
        catch (IOException)
        {
            return false;
        }
    }
}

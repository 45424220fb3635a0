using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Logging;

/// <summary>Loggers that write klog-like text or JSON lines to a <see cref="LogSink"/>.</summary>
public sealed class KlogLoggerProvider(LogSink sink, string format, LogVerbosity verbosity, TimeProvider time, bool journalPriority) : ILoggerProvider
{
    [ThreadStatic]
    private static StringBuilder? _text;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _bytes;

    private readonly bool _json = format == LoggingOptions.JsonFormat;

    public ILogger CreateLogger(string categoryName) => new KlogLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..], IsChatty(categoryName));

    public void Dispose()
    {
    }

    // Kestrel's own lines are about connections, which belong to the debug level here.
    private static bool IsChatty(string category) => category.StartsWith("Microsoft.", StringComparison.Ordinal) || category.StartsWith("System.", StringComparison.Ordinal);

    private void Write(in LogRecord record)
    {
        var bytes = _bytes ??= new ArrayBufferWriter<byte>(1024);
        bytes.ResetWrittenCount();
        if (_json)
        {
            KlogJson.Append(bytes, record);
        }
        else
        {
            var text = _text ??= new StringBuilder(512);
            text.Clear();
            KlogText.Append(text, record, Environment.ProcessId, journalPriority);
            Encoding.UTF8.GetBytes(text.ToString().AsSpan(), bytes);
        }

        sink.Write(bytes.WrittenSpan);
    }

    private sealed class KlogLogger(KlogLoggerProvider provider, string source, bool chatty) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel)
        {
            var wanted = provider.Verbosity;
            return logLevel != LogLevel.None && logLevel >= (chatty && wanted == LogLevel.Information ? LogLevel.Warning : wanted);
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            List<KeyValuePair<string, object?>> fields = [];
            string? template = null;
            if (state is IReadOnlyList<KeyValuePair<string, object?>> pairs)
            {
                for (var i = 0; i < pairs.Count; i++)
                {
                    if (pairs[i].Key == "{OriginalFormat}")
                    {
                        template = pairs[i].Value as string;
                    }
                    else
                    {
                        fields.Add(pairs[i]);
                    }
                }
            }

            var withStack = exception is not null && (logLevel == LogLevel.Critical || ExceptionText.IsBug(exception) || provider.Verbosity <= LogLevel.Debug);
            provider.Write(new LogRecord(provider.Now, logLevel, source, formatter(state, null), fields, template, exception, withStack));
        }
    }

    private LogLevel Verbosity => verbosity.Level;

    private DateTimeOffset Now => time.GetUtcNow();
}

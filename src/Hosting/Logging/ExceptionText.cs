using System.Text;

namespace NodeAgent.Hosting.Logging;

/// <summary>Exceptions in one line.</summary>
public static class ExceptionText
{
    /// <summary>The messages from the outside in, each once.</summary>
    public static string Summary(Exception exception)
    {
        var text = new StringBuilder();
        for (var e = exception; e is not null; e = e.InnerException)
        {
            // AggregateException's own message repeats those of its children.
            var message = e is AggregateException { InnerExceptions.Count: > 1 } many
                ? string.Join("; ", many.InnerExceptions.Select(Summary))
                : e is AggregateException ? "" : e.Message.TrimEnd();
            if (message.Length > 0 && !text.ToString().Contains(message, StringComparison.Ordinal))
            {
                text.Append(text.Length > 0 ? ": " : "").Append(message);
            }

            if (e is AggregateException { InnerExceptions.Count: > 1 })
            {
                break;
            }
        }

        return text.Length > 0 ? text.ToString() : exception.GetType().Name;
    }

    /// <summary>An exception that only a mistake in the program throws: its stack is worth the lines.</summary>
    public static bool IsBug(Exception exception) => exception
        is NullReferenceException or ArgumentException or IndexOutOfRangeException or InvalidCastException
        or KeyNotFoundException or NotImplementedException or NotSupportedException or ArithmeticException or TypeInitializationException
        || exception.GetType() == typeof(InvalidOperationException)
        || exception.GetType() == typeof(ObjectDisposedException)
        || (exception is AggregateException many && many.InnerExceptions.Any(IsBug));
}

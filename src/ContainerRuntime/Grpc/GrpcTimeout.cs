using System.Globalization;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>The grpc-timeout header: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const long MaxDigits = 99_999_999;

    public static string Format(TimeSpan timeout)
    {
        var milliseconds = Math.Max(1, (long)Math.Ceiling(timeout.TotalMilliseconds));
        if (milliseconds <= MaxDigits)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m");
        }

        var seconds = Math.Min(MaxDigits, (milliseconds + 999) / 1000);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}S");
    }
}

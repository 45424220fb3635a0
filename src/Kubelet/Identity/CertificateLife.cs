using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Kubelet.Identity;

/// <summary>Decisions on the life of a certificate.</summary>
internal static class CertificateLife
{
    // Upstream's: between 70 and 90 percent of the life, so that nodes that joined together do not ask together.
    private const double Earliest = 0.7;
    private const double Spread = 0.2;

    /// <param name="certificate">The one in use.</param>
    /// <param name="random">Between 0 and 1.</param>
    /// <returns>When the next one is to be asked for.</returns>
    public static DateTimeOffset RenewAt(X509Certificate2 certificate, double random)
    {
        var (from, until) = (From(certificate), Until(certificate));
        return from + ((until - from) * (Earliest + (Spread * random)));
    }

    /// <returns>In words why the certificate is of no use now; null when it is.</returns>
    public static string? Problem(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (now > Until(certificate))
        {
            return $"it expired on {Text(Until(certificate))}, {Ago(now - Until(certificate))} ago";
        }

        return now < From(certificate)
            ? $"it is valid from {Text(From(certificate))} on, and the clock of this host says {Text(now)}: the clock is {Ago(From(certificate) - now)} behind, or that of the certificate's issuer ahead; set the clock right (timedatectl)"
            : null;
    }

    public static DateTimeOffset From(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    public static DateTimeOffset Until(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Ago(TimeSpan time) => time.TotalDays >= 2 ? $"{(int)time.TotalDays} days" : time.TotalHours >= 2 ? $"{(int)time.TotalHours} hours" : $"{(int)time.TotalMinutes} minutes";
}

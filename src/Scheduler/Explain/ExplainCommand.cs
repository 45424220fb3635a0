using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Scheduler.Explain;

/// <summary><c>kube-scheduler explain NAMESPACE/POD</c>: asks a running scheduler and prints the answer.</summary>
internal static class ExplainCommand
{
    public const string Name = "explain";

    private const string Usage = "usage: kube-scheduler explain [NAMESPACE/]POD [--token=… | --token-file=… | --client-certificate=… --client-key=…] [--server=https://127.0.0.1:10259] [--certificate-authority=…] [--nodes=20] [--output=text|json]";

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var flags = new FlagSet("kube-scheduler explain", "Says why a pod has no node, or why it has the one it has.");
        var server = flags.String("server", "https://127.0.0.1:10259", "Where the scheduler serves.");
        var token = flags.String("token", "", "A bearer token of someone who may get /explain/*.");
        var tokenFile = flags.String("token-file", "", "A file with the token.");
        var certificate = flags.String("client-certificate", "", "A client certificate (PEM), for schedulers with --client-ca-file.");
        var key = flags.String("client-key", "", "Its key (PEM).");
        var authority = flags.String("certificate-authority", "", "The authorities (PEM) that the scheduler's certificate is to come from; without it any certificate of a scheduler on this host is taken.");
        var nodes = flags.Int("nodes", 20, "How many refused nodes, and how many of the best, to name.");
        var format = flags.String("output", "text", "text or json.");
        var pod = args.FirstOrDefault(a => !a.StartsWith('-'));
        try
        {
            flags.Parse([.. args.Where(a => a != pod)]);
            if (flags.HelpRequested || pod is null)
            {
                await output.WriteLineAsync(flags.HelpRequested ? flags.Help() : Usage);
                return flags.HelpRequested ? 0 : 2;
            }

            using var handler = Handler(new Uri(server.Value), authority.Value, certificate.Value, key.Value);
            using var client = new HttpClient(handler) { BaseAddress = new Uri(server.Value) };
            var bearer = tokenFile.Value.Length > 0 ? (await File.ReadAllTextAsync(tokenFile.Value)).Trim() : token.Value;
            if (bearer.Length > 0)
            {
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
            }

            var path = pod.Contains('/', StringComparison.Ordinal) ? pod : $"default/{pod}";
            using var response = await client.GetAsync(new Uri($"/explain/{path}?nodes={nodes.Value}", UriKind.Relative));
            var body = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
            {
                await errors.WriteLineAsync($"Error: {server.Value} answered {(int)response.StatusCode} about {path}: {body.Trim()}");
                return 1;
            }

            await output.WriteAsync(format.Value == "json" ? body : ExplanationText.Write(JsonSerializer.Deserialize<Explanation>(body, ExplainJson.Options)!));
            return 0;
        }
        catch (Exception e) when (e is FlagException or HttpRequestException or IOException or UriFormatException or System.Security.Cryptography.CryptographicException)
        {
            await errors.WriteLineAsync($"Error: asking {server.Value}: {e.InnerException?.Message ?? e.Message}\n{Usage}");
            return 1;
        }
    }

    private static HttpClientHandler Handler(Uri server, string authority, string certificate, string key)
    {
        var handler = new HttpClientHandler();
        if (certificate.Length > 0)
        {
            handler.ClientCertificates.Add(X509Certificate2.CreateFromPemFile(certificate, key));
        }

        if (authority.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authority);
            handler.ServerCertificateCustomValidationCallback = (_, presented, chain, _) => IsFrom(authorities, presented, chain);
        }
        else if (server.IsLoopback)
        {
            // The scheduler makes its certificate itself unless it was given one; on this host nobody is in between.
#pragma warning disable CA5400
            handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
#pragma warning restore CA5400
        }

        return handler;
    }

    private static bool IsFrom(X509Certificate2Collection authorities, X509Certificate2? presented, X509Chain? chain)
    {
        if (presented is null || chain is null)
        {
            return false;
        }

        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(presented);
    }
}

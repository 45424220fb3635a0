namespace NodeAgent.Bench;

/// <summary>Measures what the project promises, beside upstream's binaries where they are at hand. It is no test: figures are printed, nothing fails.</summary>
internal static class Program
{
    private static readonly Dictionary<string, Func<string[], Task<int>>> Benches = new()
    {
        ["pods"] = Pods.PodsBench.RunAsync,
        ["scheduler"] = Scheduling.SchedulingBench.RunAsync,
        ["proxy"] = Proxy.ProxyBench.RunAsync,
        ["scrape"] = Scrape.ScrapeBench.RunAsync,
        ["fuzz"] = Streams.FuzzBench.RunAsync,
    };

    private static async Task<int> Main(string[] args)
    {
        if (args.Length == 0 || !Benches.TryGetValue(args[0], out var run))
        {
            await Console.Error.WriteLineAsync($"usage: ./dev bench {string.Join('|', Benches.Keys)} [options]");
            return 2;
        }

        return await run(args[1..]);
    }
}

using System.Diagnostics;
using System.Globalization;
using NodeAgent.Kubelet.Streaming.Fuzzing;

namespace NodeAgent.Bench.Streams;

/// <summary>A million broken inputs for what the kubelet parses of its clients; ends with 1 at the first that is not refused as it should be.</summary>
internal static class FuzzBench
{
    private const int Inputs = 1_000_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var inputs = arguments is [var given, ..] ? int.Parse(given, CultureInfo.InvariantCulture) : Inputs;
        var each = (inputs + ParserFuzz.Targets.Count - 1) / ParserFuzz.Targets.Count;
        foreach (var target in ParserFuzz.Targets.Keys)
        {
            var watch = Stopwatch.StartNew();
            for (var seed = 0; seed < each; seed++)
            {
                await ParserFuzz.RunAsync(target, seed);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target,-20} {each,9:N0} inputs in {watch.Elapsed.TotalSeconds:0.0} s, none unexpected, {GC.GetTotalMemory(true) / 1e6:0.0} MB after it"));
        }

        return 0;
    }
}

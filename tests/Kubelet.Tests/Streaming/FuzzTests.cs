using NodeAgent.Kubelet.Streaming.Fuzzing;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>A bounded set of seeds of what <c>./dev bench fuzz</c> runs a million of.</summary>
public sealed class FuzzTests
{
    public static TheoryData<string> Targets => [.. ParserFuzz.Targets.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Parse_AnyBytes_ValueOrTheParsersOwnError(string target)
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            await ParserFuzz.RunAsync(target, seed);
        }
    }
}

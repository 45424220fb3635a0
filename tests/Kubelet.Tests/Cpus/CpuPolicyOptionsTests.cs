using NodeAgent.Kubelet.Cpus;

namespace NodeAgent.Kubelet.Tests.Cpus;

public sealed class CpuPolicyOptionsTests
{
    [Theory]
    [InlineData("full-pcpus-only=true", "", "")]
    [InlineData("distribute-cpus-across-numa=true", "", "")]
    [InlineData("distribute-cpus-across-numa=true", "CPUManagerPolicyBetaOptions=false", "cpuManagerPolicyOptions: \"distribute-cpus-across-numa\" needs the feature gate CPUManagerPolicyBetaOptions")]
    [InlineData("align-by-socket=true", "", "cpuManagerPolicyOptions: \"align-by-socket\" needs the feature gate CPUManagerPolicyAlphaOptions")]
    [InlineData("align-by-socket=true", "CPUManagerPolicyAlphaOptions=true", "")]
    [InlineData("nonsense=true", "", "cpuManagerPolicyOptions: unknown CPU Manager Policy option: \"nonsense\"")]
    [InlineData("full-pcpus-only=yes", "", "cpuManagerPolicyOptions: bad value for option \"full-pcpus-only\": \"yes\" is neither true nor false")]
    [InlineData("full-pcpus-only=true,distribute-cpus-across-cores=true", "CPUManagerPolicyAlphaOptions=true", "cpuManagerPolicyOptions: full-pcpus-only and distribute-cpus-across-cores can not be used at the same time")]
    public void Parse_OfOptions_TellsWhatCannotBe(string options, string gates, string expected)
    {
        List<string> errors = [];

        CpuPolicyOptions.Parse(Pairs(options).ToDictionary(p => p[0], p => p[1]), Pairs(gates).ToDictionary(p => p[0], p => bool.Parse(p[1])), errors);

        Assert.Equal(expected, string.Join("; ", errors));
    }

    private static IEnumerable<string[]> Pairs(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('='));
}

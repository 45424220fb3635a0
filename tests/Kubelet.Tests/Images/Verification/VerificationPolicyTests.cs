using NodeAgent.Kubelet.Images.Verification;

namespace NodeAgent.Kubelet.Tests.Images.Verification;

public class VerificationPolicyTests
{
    [Theory]
    [InlineData(VerificationPolicy.Never, false, false)]
    [InlineData(VerificationPolicy.NotPreloaded, false, true)]
    [InlineData(VerificationPolicy.Always, true, true)]
    public void MustVerify_ByWhetherAKubeletPulledIt(string policy, bool ofPreloaded, bool ofPulled)
    {
        var rule = new VerificationPolicy(policy, []);

        Assert.Equal(ofPreloaded, rule.MustVerify("r.example/app:1", pulledByKubelet: false));
        Assert.Equal(ofPulled, rule.MustVerify("r.example/app:1", pulledByKubelet: true));
    }

    [Theory]
    [InlineData("r.example/app:1", false)]
    [InlineData("r.example/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    [InlineData("r.example/app/more", true)]
    [InlineData("r.example/team/any:1", false)]
    [InlineData("r.example/teams/any:1", true)]
    [InlineData("app", true)]
    public void MustVerify_WithAnAllowlist_ByTheNameWithoutTag(string image, bool expected) =>
        Assert.Equal(expected, new VerificationPolicy(VerificationPolicy.NotAllowlisted, ["r.example/app", "r.example/team/*"]).MustVerify(image, pulledByKubelet: true));

    [Fact]
    public void Check_OfWhatIsRight_FindsNothing()
    {
        Assert.Empty(VerificationPolicy.Check(VerificationPolicy.NotPreloaded, []));
        Assert.Empty(VerificationPolicy.Check(VerificationPolicy.NotAllowlisted, ["r.example/*", "r.example:5000/app", "app"]));
    }

    [Theory]
    [InlineData("Sometimes", "", "is none of")]
    [InlineData(VerificationPolicy.Always, "r.example/app", "only")]
    [InlineData(VerificationPolicy.NotAllowlisted, " r.example/app", "spaces")]
    [InlineData(VerificationPolicy.NotAllowlisted, "/*", "too short")]
    [InlineData(VerificationPolicy.NotAllowlisted, "r.*/app", "only /* at the end")]
    [InlineData(VerificationPolicy.NotAllowlisted, "r.example/app:1", "no tag")]
    [InlineData(VerificationPolicy.NotAllowlisted, "r.example/App", "no name")]
    public void Check_OfWhatIsWrong_SaysSo(string policy, string pattern, string expected) =>
        Assert.Contains(expected, Assert.Single(VerificationPolicy.Check(policy, pattern.Length > 0 ? [pattern] : [])), StringComparison.Ordinal);
}

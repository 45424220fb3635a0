using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Tests.Objects;

public class ScalarTypesTests
{
    [Theory]
    [InlineData("2026-11-21T04:05:06Z", "2026-11-21T04:05:06Z", "2026-11-21T04:05:06.000000Z")]
    [InlineData("2026-11-21T04:05:06.123456789+02:00", "2026-11-21T02:05:06Z", "2026-11-21T02:05:06.123456Z")]
    [InlineData("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.500000Z")]
    public void Time_ReadsAndWritesRfc3339(string text, string seconds, string micros)
    {
        Assert.True(Time.TryParse(text, out var time));
        Assert.Equal(seconds, time!.ToRfc3339());
        Assert.True(MicroTime.TryParse(text, out var micro));
        Assert.Equal(micros, micro!.ToRfc3339());
    }

    [Theory]
    [InlineData("2026-11-21")]
    [InlineData("2026-11-21 04:05:06Z")]
    [InlineData("2026-11-21T04:05:06")]
    [InlineData("2026-13-21T04:05:06Z")]
    [InlineData("2026-11-21T04:05:06.Z")]
    public void Time_NotRfc3339_IsRefused(string text) => Assert.False(Time.TryParse(text, out _));

    [Theory]
    [InlineData("10%", 25, true, 3)]
    [InlineData("10%", 25, false, 2)]
    [InlineData("100%", 7, false, 7)]
    [InlineData("0%", 7, true, 0)]
    public void Scale_Percentage(string text, int total, bool roundUp, int expected) => Assert.Equal(expected, IntOrString.Parse(text).Scale(total, roundUp));

    [Fact]
    public void Scale_NumberAndName()
    {
        Assert.Equal(5, IntOrString.Parse("5").Scale(100, true));
        Assert.Throws<FormatException>(() => IntOrString.Parse("http").Scale(100, true));
        Assert.Equal("http", IntOrString.Parse("http").ToText());
    }

    [Fact]
    public void ToReference_NamesTheObjectAndItsPart()
    {
        var pod = new Pod { Metadata = new ObjectMeta { Name = "a", Namespace = "ns", Uid = "u", ResourceVersion = "7" } };
        Assert.Equal(
            new ObjectReference { Kind = "Pod", ApiVersion = "v1", Name = "a", Namespace = "ns", Uid = "u", ResourceVersion = "7", FieldPath = "spec.containers{c}" },
            pod.ToReference("spec.containers{c}"));
        Assert.Equal("ns/a", pod.Key.ToString());
    }
}

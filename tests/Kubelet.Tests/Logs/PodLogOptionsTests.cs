using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using NodeAgent.Kubelet.Logs;

namespace NodeAgent.Kubelet.Tests.Logs;

public class PodLogOptionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 5, 0, 0, TimeSpan.Zero);

    private static PodLogOptions Parse(string query) => PodLogOptions.Parse(new QueryCollection(QueryHelpers.ParseQuery(query)), Now);

    [Fact]
    public void Parse_Nothing_AllOfBothStreams() => Assert.Equal(new PodLogOptions(), Parse(""));

    [Fact]
    public void Parse_EveryOption_IsTaken() => Assert.Equal(
        new PodLogOptions { Follow = true, Previous = true, Timestamps = true, TailLines = 5, LimitBytes = 10, Since = Now.AddSeconds(-60) },
        Parse("?follow=true&previous=1&timestamps=true&tailLines=5&limitBytes=10&sinceSeconds=60&insecureSkipTLSVerifyBackend=true"));

    [Theory]
    [InlineData("?sinceTime=2026-11-21T04:00:00Z")]
    [InlineData("?sinceTime=2026-11-21T05:00:00%2B01:00")]
    public void Parse_SinceTime_IsATime(string query) => Assert.Equal(Now.AddHours(-1), Parse(query).Since);

    [Fact]
    public void Parse_OldTail_IsUnderstood()
    {
        Assert.Equal(7, Parse("?tail=7").TailLines);
        Assert.Null(Parse("?tail=all&tailLines=3").TailLines);
    }

    [Fact]
    public void Parse_SinceSecondsBeforeAllTime_IsTheEpoch() => Assert.Equal(DateTimeOffset.UnixEpoch, Parse("?sinceSeconds=9223372036854775807").Since);

    [Theory]
    [InlineData("?tailLines=x", 400)]
    [InlineData("?tailLines=-1", 422)]
    [InlineData("?limitBytes=0", 422)]
    [InlineData("?sinceSeconds=0", 422)]
    [InlineData("?sinceTime=yesterday", 400)]
    [InlineData("?sinceSeconds=1&sinceTime=2026-11-21T04:00:00Z", 422)]
    [InlineData("?stream=Both", 422)]
    [InlineData("?stream=Stdout&tailLines=1", 422)]
    public void Parse_BadValue_IsRefused(string query, int status) =>
        Assert.Equal(status, Assert.Throws<LogRequestException>(() => Parse(query)).StatusCode);
}

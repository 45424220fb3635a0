using System.Net;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultBinder;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Plugins.DefaultBinder;

public sealed class DefaultBinderPluginTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly PodInfo _pod;
    private int _posts;

    public DefaultBinderPluginTests() => _pod = new TestCluster().Parse(_client.Seed(Resources.Pods, Make.Pod("p")));

    [Fact]
    public async Task BindAsync_AnswerWasLostButThePodIsThere_IsBound()
    {
        FailFirst(() =>
        {
            Assign("n");
            return new KubeConnectionException("bind", _client.Server, new HttpRequestException("connection reset"));
        });

        Assert.True((await BindAsync()).IsSuccess);
        Assert.Equal(2, _posts);
    }

    [Fact]
    public async Task BindAsync_ServerFailedBefore_TheSameNodeAgain()
    {
        FailFirst(() => new KubeApiException("bind", HttpStatusCode.InternalServerError, "InternalError", "etcdserver: request timed out"));

        Assert.True((await BindAsync()).IsSuccess);
        Assert.Equal("n", _client.Peek(Resources.Pods, "default", "p")!.Spec.NodeName);
    }

    [Fact]
    public async Task BindAsync_AnotherBoundItElsewhere_Fails()
    {
        FailFirst(() =>
        {
            Assign("other");
            return new KubeConnectionException("bind", _client.Server, new HttpRequestException("connection reset"));
        });

        Assert.True((await Assert.ThrowsAsync<KubeApiException>(BindAsync)).IsConflict);
    }

    [Fact]
    public async Task BindAsync_Refused_FailsAtOnce()
    {
        FailFirst(() => new KubeApiException("bind", HttpStatusCode.Forbidden, "Forbidden", "no"));

        await Assert.ThrowsAsync<KubeApiException>(BindAsync);
        Assert.Equal(1, _posts);
    }

    private async Task<Status> BindAsync()
    {
        var bind = new DefaultBinderPlugin(_client, _time).BindAsync(new CycleState(), _pod, "n", CancellationToken.None);
        while (!bind.IsCompleted)
        {
            if (_time.WaitingTimers > 0)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        return await bind;
    }

    private void Assign(string node)
    {
        var pod = _client.Peek(Resources.Pods, "default", "p")!;
        pod.Spec.NodeName = node;
        _client.Seed(Resources.Pods, pod);
    }

    private void FailFirst(Func<Exception> failure) => _client.OnRequest = (request, _) =>
        request.Resource == "pods/binding" && _posts++ == 0 ? throw failure() : Task.CompletedTask;
}

using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.ListWatch;

namespace NodeAgent.KubeApi.Tests.Fakes;

/// <summary>Writes down what a list-watch says and completes <see cref="Done"/> at the call number asked for.</summary>
internal sealed class RecordingSink(int calls) : IListWatchSink<Pod>
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Calls { get; } = [];

    public Task Done => _done.Task;

    public void Replace(IReadOnlyList<Pod> items) => Add($"list {string.Join(",", items.Select(i => $"{i.Metadata.Name}@{i.Metadata.ResourceVersion}"))}");

    public void Apply(WatchEventType type, Pod value) => Add($"{type} {value.Metadata.Name}@{value.Metadata.ResourceVersion}");

    private void Add(string call)
    {
        Calls.Add(call);
        if (Calls.Count == calls)
        {
            _done.TrySetResult();
        }
    }
}

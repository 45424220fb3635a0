using System.Collections;
using System.Collections.Concurrent;

namespace NodeAgent.KubeApi.Informers;

/// <summary>The values of a dictionary, read without copying and without its locks.</summary>
internal sealed class LiveCollection<T>(ConcurrentDictionary<ObjectKey, T> items, Func<int> count) : IReadOnlyCollection<T>
{
    public int Count => count();

    public IEnumerator<T> GetEnumerator()
    {
        foreach (var (_, value) in items)
        {
            yield return value;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

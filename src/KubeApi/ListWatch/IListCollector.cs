namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Takes one list, item by item. One that is never completed was of a list that broke, and counts for nothing.</summary>
public interface IListCollector<in T>
    where T : class
{
    void Add(T item);

    /// <summary>What was added is the whole collection: what is not in it is gone.</summary>
    void Complete();
}

namespace NodeAgent.KubeApi.Client;

/// <param name="LabelSelector">In the API's query form, such as <c>app=web,tier!=cache</c>.</param>
/// <param name="FieldSelector">In the API's query form, such as <c>spec.nodeName=node-1</c>.</param>
/// <param name="Limit">Objects per page; null for all at once.</param>
/// <param name="Continue">The continue token of the page before.</param>
/// <param name="ResourceVersion">Null for the most recent, "0" for whatever the server has cached.</param>
/// <param name="ForCache">Fields that the schemas do not name are dropped: less memory, but the objects must not be written back.</param>
public sealed record ListOptions(string? LabelSelector = null, string? FieldSelector = null, int? Limit = null, string? Continue = null, string? ResourceVersion = null, string? ResourceVersionMatch = null, bool ForCache = false);

/// <param name="SendInitialEvents">Asks for the streaming list (WatchList) instead of starting at <paramref name="ResourceVersion"/>.</param>
public sealed record WatchOptions(string? LabelSelector = null, string? FieldSelector = null, string? ResourceVersion = null, TimeSpan? Timeout = null, bool AllowBookmarks = true, bool SendInitialEvents = false);

/// <param name="GracePeriod">Null for the object's own default; zero deletes at once.</param>
/// <param name="Uid">Precondition: delete only the object with this UID.</param>
/// <param name="ResourceVersion">Precondition: delete only this revision.</param>
/// <param name="Propagation">Background, Foreground or Orphan; null for the resource's default.</param>
public sealed record DeleteRequest(TimeSpan? GracePeriod = null, string? Uid = null, string? ResourceVersion = null, string? Propagation = null);

/// <summary>The forms of a patch body.</summary>
public enum PatchType
{
    /// <summary>RFC 6902: a list of operations.</summary>
    Json,

    /// <summary>RFC 7386.</summary>
    Merge,

    /// <summary>Kubernetes' own: lists with merge keys are merged by key.</summary>
    StrategicMerge,
}

/// <summary>One page of a list, or the whole of it.</summary>
/// <param name="ResourceVersion">The revision of the collection: where a watch goes on from here.</param>
/// <param name="Continue">The token for the next page; null on the last.</param>
public sealed record KubeList<T>(IReadOnlyList<T> Items, string ResourceVersion, string? Continue);

/// <summary>What a watch said of an object.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Only the resource version of the object is set: nothing changed up to there.</summary>
    Bookmark,
}

/// <param name="InitialEventsEnd">On a bookmark: the streaming list is complete.</param>
public readonly record struct WatchEvent<T>(WatchEventType Type, T Object, bool InitialEventsEnd = false);

using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Images;

/// <summary>Sees to it that a container's image is on the host, as its pull policy says, with a back-off after failures.</summary>
/// <param name="parallelPulls">How many pulls run at a time: 1 serializes them, null is no limit.</param>
/// <param name="rate">How often a pull may begin.</param>
internal sealed class ImagePuller(IImageService images, ImageLogins credentials, PullRecords records, IEventRecorder events, ImageMetrics metrics, PodStarts starts, TimeProvider time, int? parallelPulls, RateLimiter rate) : IDisposable
{
    private readonly SemaphoreSlim? _turns = parallelPulls is { } limit ? new SemaphoreSlim(limit) : null;
    private readonly ConcurrentDictionary<(PodUid Pod, string Image), (BackOff BackOff, DateTimeOffset FailedAt, string Message)> _backOffs = new();

    public ImageUse Use { get; } = new();

    /// <exception cref="StartException">The image is not there and will not be for now.</exception>
    public async Task<PulledImage> EnsureAsync(Pod pod, Container container, ContainerKind kind, Cri.PodSandboxConfig sandbox, CancellationToken cancellationToken)
    {
        var regarding = pod.Reference(container, kind);
        if (ImageReference.Parse(container.Image) is not { } reference)
        {
            var message = $"Failed to apply default image tag \"{container.Image}\": couldn't parse image name \"{container.Image}\": invalid reference format";
            events.Record(regarding, EventType.Warning, "InspectFailed", message);
            throw new StartException(WaitingReasons.InvalidImageName, message);
        }

        var spec = new Cri.ImageSpec { Image = reference.Full, UserSpecifiedImage = container.Image };
        var policy = container.ImagePullPolicy;
        var present = policy == "Always" ? null : await InspectAsync(container, regarding, spec, cancellationToken);
        var logins = new Lazy<Task<IReadOnlyList<ImageLogin>>>(() => credentials.ForAsync(pod, reference, cancellationToken));
        var isAllowed = present is not null && await records.CheckAsync(container.Image, present.Id, () => logins.Value) is PullCheck.PolicyAllows or PullCheck.RecordFound;
        metrics.Asked(policy, policy == "Always" ? null : present is not null, isPullNeeded: !isAllowed);
        if (present is not null && isAllowed)
        {
            events.Record(regarding, EventType.Normal, "Pulled", $"Container image \"{container.Image}\" already present on machine and can be accessed by the pod");
            return new PulledImage(present.Id, ImageUser.Of(present));
        }

        if (policy == "Never")
        {
            // The same for an image that is there and not for this pod: that it is there is nobody's business.
            var message = $"Container image \"{container.Image}\" is not present with pull policy of Never";
            events.Record(regarding, EventType.Warning, "ErrImageNeverPull", message);
            throw new StartException(WaitingReasons.ErrImageNeverPull, message);
        }

        return await PullAsync(pod, container, regarding, spec, logins, sandbox, cancellationToken);
    }

    public void Forget(PodUid uid)
    {
        foreach (var key in _backOffs.Keys.Where(k => k.Pod == uid))
        {
            _backOffs.TryRemove(key, out _);
        }
    }

    public void Dispose() => _turns?.Dispose();

    private async Task<Cri.Image?> InspectAsync(Container container, ObjectReference regarding, Cri.ImageSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return await images.ImageStatusAsync(spec, cancellationToken);
        }
        catch (RuntimeException e)
        {
            var message = $"Failed to inspect image \"{container.Image}\": {e.Message}";
            events.Record(regarding, EventType.Warning, "InspectFailed", message);
            throw new StartException(WaitingReasons.ImageInspectError, message, e);
        }
    }

    private async Task<PulledImage> PullAsync(Pod pod, Container container, ObjectReference regarding, Cri.ImageSpec spec, Lazy<Task<IReadOnlyList<ImageLogin>>> logins, Cri.PodSandboxConfig sandbox, CancellationToken cancellationToken)
    {
        var key = (pod.Uid(), container.Image);
        BackOff? current = null;
        if (_backOffs.TryGetValue(key, out var before))
        {
            current = before.BackOff;
            if (BackOff.WaitUntil(before.BackOff, before.FailedAt, time.GetUtcNow(), BackOffLimits.ImagePull) is { } until)
            {
                var waiting = $"Back-off pulling image \"{container.Image}\"";
                events.Record(regarding, EventType.Normal, "BackOff", waiting);
                throw new StartException(WaitingReasons.ImagePullBackOff, $"{waiting}: {before.Message}") { RetryAt = until };
            }
        }

        Begin(container.Image);
        PullCredentials? shown = null;
        var imageRef = "";
        var asked = time.GetTimestamp();
        starts.Pulling(pod.Uid());
        events.Record(regarding, EventType.Normal, "Pulling", $"Pulling image \"{container.Image}\"");
        var hasTurn = false;
        try
        {
            if (_turns is not null)
            {
                await _turns.WaitAsync(cancellationToken);
                hasTurn = true;
            }

            await rate.WaitAsync(cancellationToken);
            var started = time.GetTimestamp();
            (var id, var credentials) = await PullWithAsync(await logins.Value, spec, sandbox, cancellationToken);
            var image = await images.ImageStatusAsync(new Cri.ImageSpec { Image = id }, cancellationToken);
            (imageRef, shown) = (image?.Id ?? id, credentials);
            _backOffs.TryRemove(key, out _);
            metrics.Pulled(image?.Size ?? 0, time.GetElapsedTime(started));
            events.Record(
                regarding,
                EventType.Normal,
                "Pulled",
                $"Successfully pulled image \"{container.Image}\" in {Seconds(started)} ({Seconds(asked)} including waiting). Image size: {image?.Size ?? 0} bytes.");
            return new PulledImage(imageRef, ImageUser.Of(image));
        }
        catch (RuntimeException e)
        {
            var message = $"failed to pull image \"{container.Image}\": {e.Message}";
            events.Record(regarding, EventType.Warning, "Failed", $"Failed to pull image \"{container.Image}\": {e.Message}");
            var now = time.GetUtcNow();
            var next = BackOff.Next(current, now, now, BackOffLimits.ImagePull);
            _backOffs[key] = (next, now, $"{WaitingReasons.ErrImagePull}: {message}");
            throw new StartException(WaitingReasons.ErrImagePull, message, e) { RetryAt = now + next.Delay };
        }
        finally
        {
            starts.PullEnded(pod.Uid());
            if (shown is null)
            {
                records.Failed(container.Image);
            }
            else
            {
                records.Pulled(container.Image, imageRef, shown);
            }

            if (hasTurn)
            {
                _turns?.Release();
            }
        }
    }

    private string Seconds(long since) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.GetElapsedTime(since).TotalSeconds:0.###}s");

    private void Begin(string image)
    {
        try
        {
            records.Begin(image);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(WaitingReasons.ErrImagePull, $"Failed to record image pull intent for container image \"{image}\": {e.Message}", e);
        }
    }

    private async Task<(string Id, PullCredentials Shown)> PullWithAsync(IReadOnlyList<ImageLogin> logins, Cri.ImageSpec spec, Cri.PodSandboxConfig sandbox, CancellationToken cancellationToken)
    {
        for (var i = 0; i < logins.Count - 1; i++)
        {
            try
            {
                return (await images.PullImageAsync(spec, logins[i].Auth, sandbox, cancellationToken), logins[i].Credentials);
            }
            catch (RuntimeException)
            {
                // Another login may be let in; the last failure is the one that is told.
            }
        }

        return logins.Count == 0
            ? (await images.PullImageAsync(spec, null, sandbox, cancellationToken), PullCredentials.OfEveryPod)
            : (await images.PullImageAsync(spec, logins[^1].Auth, sandbox, cancellationToken), logins[^1].Credentials);
    }
}

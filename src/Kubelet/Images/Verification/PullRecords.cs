using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>
/// Remembers by whose logins images came onto this host, and says which pods may use them without asking the registry again
/// (upstream's KubeletEnsureSecretPulledImages).
/// </summary>
internal sealed partial class PullRecords(PullRecordFiles files, VerificationPolicy policy, PullRecordMetrics metrics, TimeProvider time, ILogger<PullRecords> logger)
{
    /// <summary>More logins of an image than this are not noted when they are found by comparison alone.</summary>
    private const int MostNotedByComparison = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _running = [];

    /// <summary>To be called before a pull: until it ends the image counts as one that a kubelet pulled.</summary>
    /// <exception cref="IOException">That cannot be noted.</exception>
    public void Begin(string image)
    {
        lock (_lock)
        {
            files.WriteIntent(image);
            _running[image] = _running.GetValueOrDefault(image) + 1;
        }
    }

    /// <param name="imageRef">What the engine calls it.</param>
    /// <param name="credentials">By which it came.</param>
    public void Pulled(string image, string imageRef, PullCredentials credentials)
    {
        lock (_lock)
        {
            if (Note(image, imageRef, credentials))
            {
                End(image);
            }
        }
    }

    public void Failed(string image)
    {
        lock (_lock)
        {
            End(image);
        }
    }

    /// <param name="image">As the pod names it.</param>
    /// <param name="imageRef">What the engine calls the image that it has of this name.</param>
    /// <param name="logins">Of the pod; asked for only when they matter.</param>
    public async Task<PullCheck> CheckAsync(string image, string imageRef, Func<Task<IReadOnlyList<ImageLogin>>> logins)
    {
        var result = await DecideAsync(image, imageRef, logins);
        metrics.Checked(result);
        return result;
    }

    /// <summary>Takes the records of images that are gone away, and makes records of pulls whose end a kubelet did not live to see.</summary>
    /// <param name="images">All that the engine has.</param>
    /// <param name="since">When it was asked for them.</param>
    public void Compare(IReadOnlyList<Cri.Image> images, DateTimeOffset since)
    {
        lock (_lock)
        {
            foreach (var intent in files.Intents().Where(i => !_running.ContainsKey(i)))
            {
                if (ImageReference.Parse(intent)?.Full is { } full
                    && images.FirstOrDefault(i => i.RepoTags.Contains(full) || i.RepoDigests.Contains(full)) is { } image
                    && Note(intent, image.Id, null))
                {
                    files.DeleteIntent(intent);
                }
            }

            var present = images.Select(i => i.Id).ToHashSet();
            foreach (var gone in files.AllPulled().Where(r => r.LastUpdated < since && !present.Contains(r.ImageRef)))
            {
                files.DeletePulled(gone.ImageRef);
            }
        }
    }

    private async Task<PullCheck> DecideAsync(string image, string imageRef, Func<Task<IReadOnlyList<ImageLogin>>> logins)
    {
        ImagePulledRecord? record;
        bool pulledByKubelet;
        try
        {
            lock (_lock)
            {
                record = files.Pulled(imageRef);
                pulledByKubelet = record is not null || _running.ContainsKey(image) || files.HasIntent(image);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            LogBroken(image, e.Message);
            return PullCheck.Broken;
        }

        if (!policy.MustVerify(image, pulledByKubelet))
        {
            return PullCheck.PolicyAllows;
        }

        var known = record?.Mapping.GetValueOrDefault(ImageReference.WithoutTag(image));
        if (known is null || (!known.NodePodsAccessible && known.Secrets.IsEmpty && known.ServiceAccounts.IsEmpty))
        {
            return PullCheck.MustPull;
        }

        return known.NodePodsAccessible || IsKnown(image, imageRef, known, await logins()) ? PullCheck.RecordFound : PullCheck.MustPull;
    }

    private bool IsKnown(string image, string imageRef, PullCredentials known, IReadOnlyList<ImageLogin> logins)
    {
        foreach (var secret in logins.Select(l => l.Secret).OfType<PullSecret>())
        {
            var isNoted = known.Secrets.Contains(secret);
            if (!isNoted && !known.Secrets.Any(k => k.CredentialHash == secret.CredentialHash || k.IsSameSecretAs(secret)))
            {
                continue;
            }

            // The same login in another secret, or another login in the same secret: from now on that counts, too.
            if (!isNoted && known.Secrets.Length < MostNotedByComparison)
            {
                lock (_lock)
                {
                    Note(image, imageRef, new PullCredentials { Secrets = [secret] });
                }
            }

            return true;
        }

        return logins.Select(l => l.Account).OfType<PullServiceAccount>().FirstOrDefault() is { } account && known.ServiceAccounts.Contains(account);
    }

    /// <param name="credentials">Null for an image of which nobody knows by whose login it came: its next user shows one.</param>
    /// <returns>Whether that is on disk.</returns>
    private bool Note(string image, string imageRef, PullCredentials? credentials)
    {
        try
        {
            var before = ReadOrNull(imageRef);
            var after = before ?? ImagePulledRecord.Empty(imageRef, time.GetUtcNow());
            if (credentials is not null)
            {
                after = after.With(ImageReference.WithoutTag(image), credentials, time.GetUtcNow());
            }

            if (!ReferenceEquals(before, after))
            {
                files.WritePulled(after);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotNoted(image, e.Message);
            return false;
        }
    }

    private ImagePulledRecord? ReadOrNull(string imageRef)
    {
        try
        {
            return files.Pulled(imageRef);
        }
        catch (JsonException e)
        {
            LogBroken(imageRef, e.Message);
            return null;
        }
    }

    private void End(string image)
    {
        if (_running.GetValueOrDefault(image) > 1)
        {
            _running[image]--;
            return;
        }

        _running.Remove(image);
        try
        {
            files.DeleteIntent(image);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotNoted(image, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The record of image {Image} cannot be read, so its users have to be let in by the registry again: {Error}")]
    private partial void LogBroken(string image, string error);

    [LoggerMessage(2, LogLevel.Warning, "The pull of image {Image} cannot be noted, so its next users have to be let in by the registry again: {Error}")]
    private partial void LogNotNoted(string image, string error);
}

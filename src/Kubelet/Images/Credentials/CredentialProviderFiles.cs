using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>Reads and checks <c>--image-credential-provider-config</c>: a file, or a folder of *.json, *.yaml and *.yml files.</summary>
internal static partial class CredentialProviderFiles
{
    private const string What = "--image-credential-provider-config";
    private static readonly string[] Extensions = [".json", ".yaml", ".yml"];

    /// <returns>The providers in the order of the files, and the hash of what was read, as the metric kubelet_credential_provider_config_info has it.</returns>
    /// <exception cref="ConfigException">With everything that is wrong.</exception>
    public static (IReadOnlyList<CredentialProvider> Providers, string Hash) Read(string path, string binaries)
    {
        List<string> errors = [];
        List<CredentialProvider> providers = [];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        foreach (var file in Files(path))
        {
            var content = ReadBytes(file);
            BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)content.Length);
            hash.AppendData(length);
            hash.AppendData(content);
            var text = System.Text.Encoding.UTF8.GetString(content);
            providers.AddRange(ConfigReader.Read<CredentialProviderConfiguration>(text, file, KindOf(text)).Value.Providers);
        }

        Check(providers, binaries, errors);
        return errors.Count == 0 ? (providers, "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset())) : throw new ConfigException(What, errors);
    }

    /// <param name="binaries">The folder that has the programs.</param>
    internal static void Check(IReadOnlyList<CredentialProvider> providers, string binaries, List<string> errors)
    {
        if (providers.Count == 0)
        {
            errors.Add("providers: at least one is needed");
        }

        foreach (var twice in providers.GroupBy(p => p.Name).Where(g => g.Count() > 1))
        {
            errors.Add($"providers: the name \"{twice.Key}\" is given {twice.Count()} times");
        }

        foreach (var provider in providers)
        {
            Check(provider, binaries, error => errors.Add($"provider \"{provider.Name}\": {error}"));
        }
    }

    private static void Check(CredentialProvider provider, string binaries, Action<string> wrong)
    {
        if (provider.Name is "" or "." or ".." || provider.Name.Contains('/', StringComparison.Ordinal) || provider.Name.Contains(' ', StringComparison.Ordinal))
        {
            wrong("name: must be the name of a file, without slashes and spaces");
        }
        else if (!IsProgram(Path.Combine(binaries, provider.Name)))
        {
            wrong($"name: there is no program {Path.Combine(binaries, provider.Name)}; put it there, or name its folder with --image-credential-provider-bin-dir");
        }

        if (!CredentialPlugin.Versions.Contains(provider.ApiVersion))
        {
            wrong($"apiVersion: \"{provider.ApiVersion}\" is none of {string.Join(", ", CredentialPlugin.Versions)}");
        }

        if (provider.MatchImages.Count == 0)
        {
            wrong("matchImages: at least one is needed");
        }

        foreach (var match in provider.MatchImages.Where(m => !Uri.TryCreate("https://" + m.Replace('*', 'x'), UriKind.Absolute, out _)))
        {
            wrong($"matchImages: \"{match}\" is no host with an optional port and path");
        }

        if (provider.DefaultCacheDuration is not { } duration || duration < TimeSpan.Zero)
        {
            wrong("defaultCacheDuration: must be given, and not be negative");
        }

        if (provider.TokenAttributes is { } token)
        {
            CheckToken(provider, token, error => wrong("tokenAttributes" + error));
        }
    }

    private static void CheckToken(CredentialProvider provider, CredentialProviderToken token, Action<string> wrong)
    {
        if (provider.ApiVersion != CredentialPlugin.Versions[0])
        {
            wrong($": only plugins that speak {CredentialPlugin.Versions[0]} can have them");
        }

        if (token.ServiceAccountTokenAudience.Length == 0)
        {
            wrong(".serviceAccountTokenAudience: must be given");
        }

        if (token.RequireServiceAccount is null)
        {
            wrong(".requireServiceAccount: must be given");
        }
        else if (token is { RequireServiceAccount: false, RequiredServiceAccountAnnotationKeys.Count: > 0 })
        {
            wrong(".requiredServiceAccountAnnotationKeys: need requireServiceAccount");
        }

        if (token.CacheType is not (CredentialProviderToken.CacheByServiceAccount or CredentialProviderToken.CacheByToken))
        {
            wrong($".cacheType: \"{token.CacheType}\" is neither {CredentialProviderToken.CacheByServiceAccount} nor {CredentialProviderToken.CacheByToken}");
        }

        foreach (var key in token.RequiredServiceAccountAnnotationKeys.Concat(token.OptionalServiceAccountAnnotationKeys).GroupBy(k => k))
        {
            if (key.Count() > 1)
            {
                wrong($": the annotation \"{key.Key}\" is named {key.Count()} times");
            }

            if (!AnnotationKey().IsMatch(key.Key))
            {
                wrong($": \"{key.Key}\" cannot be the key of an annotation");
            }
        }
    }

    private static bool IsProgram(string path)
    {
        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0;
    }

    private static List<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        List<string> files = [.. Directory.EnumerateFiles(path).Where(f => Extensions.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal)];
        return files.Count > 0 ? files : throw new ConfigException(What, $"{path}: the folder has no *.json, *.yaml or *.yml file");
    }

    private static byte[] ReadBytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException(What, $"{file}: {e.Message}");
        }
    }

    /// <summary>The version that the file names; the newest, whose error then tells what is expected, when it names none.</summary>
    private static ConfigKind KindOf(string text) =>
        CredentialProviderConfiguration.Kinds.FirstOrDefault(k => Regex.IsMatch(text, "[\"'\\s]" + Regex.Escape(k.ApiVersion) + "(?![\\w.])")) ?? CredentialProviderConfiguration.Kinds[0];

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", RegexOptions.IgnoreCase)]
    private static partial Regex AnnotationKey();
}

using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>The user entry of a kubeconfig.</summary>
internal static class KubeconfigUser
{
    private static readonly HashSet<string> UserFields =
        ["client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile", "as", "as-uid", "as-groups", "as-user-extra", "username", "password", "auth-provider", "exec", "extensions"];

    private static readonly HashSet<string> ExecFields = ["apiVersion", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode"];

    public static ClientConfig Read(ClientConfig config, KubeconfigEntry user, KubeconfigEntry? cluster, string source)
    {
        user.WarnUnknown(UserFields);
        config = config with
        {
            ClientCertificate = KubeconfigResolver.ReadDataOrFile(user, "client-certificate"),
            ClientKey = KubeconfigResolver.ReadDataOrFile(user, "client-key"),
            Token = user.NonEmpty("token"),
            TokenFile = user.FilePath("tokenFile"),
            Username = user.NonEmpty("username"),
            Password = user.NonEmpty("password"),
            Exec = user.Child("exec") is { } exec ? ReadExec(exec, cluster, config, source) : null,
            Impersonate = ReadImpersonation(user, source),
        };
        Check(config, user, source);
        return config;
    }

    private static void Check(ClientConfig config, KubeconfigEntry user, string source)
    {
        if (user.Child("auth-provider") is { } provider)
        {
            throw new ClientConfigException($"{source}: auth-provider {provider.Text("name")} is not supported (nor is it by Kubernetes since 1.26); use exec");
        }

        if (config.ClientCertificate is null != config.ClientKey is null)
        {
            var (has, lacks) = config.ClientKey is null ? ("client-certificate", "client-key") : ("client-key", "client-certificate");
            throw new ClientConfigException($"{source}: {has} is set and {lacks} is not; both are needed");
        }

        if ((config.Token ?? config.TokenFile) is not null && config.Username is not null)
        {
            throw new ClientConfigException($"{source}: token and username are both set; use one");
        }

        if (config.Exec is not null && config.Username is not null)
        {
            throw new ClientConfigException($"{source}: exec and username are both set; use one");
        }
    }

    private static Impersonation? ReadImpersonation(KubeconfigEntry user, string source)
    {
        var groups = user.Texts("as-groups");
        var extra = new Dictionary<string, IReadOnlyList<string>>();
        if (user.Child("as-user-extra") is { } entries)
        {
            foreach (var key in entries.Node.Children.Keys.OfType<YamlScalarNode>())
            {
                extra[key.Value!] = entries.Texts(key.Value!);
            }
        }

        if (user.NonEmpty("as") is { } name)
        {
            return new Impersonation(name, user.NonEmpty("as-uid"), groups, extra);
        }

        return groups.Count > 0 || extra.Count > 0 || user.NonEmpty("as-uid") is not null
            ? throw new ClientConfigException($"{source}: as-uid, as-groups and as-user-extra need as, the user to act as")
            : null;
    }

    private static ExecConfig ReadExec(KubeconfigEntry exec, KubeconfigEntry? cluster, ClientConfig config, string source)
    {
        exec.WarnUnknown(ExecFields);
        var apiVersion = exec.NonEmpty("apiVersion");
        if (apiVersion is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw new ClientConfigException($"{source}: exec.apiVersion \"{apiVersion}\" must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1");
        }

        var command = exec.NonEmpty("command") ?? throw new ClientConfigException($"{source}: exec.command is not set");
        var interactive = exec.NonEmpty("interactiveMode") ?? (apiVersion.EndsWith("/v1", StringComparison.Ordinal) ? "" : "IfAvailable");
        if (interactive is not ("Never" or "IfAvailable" or "Always"))
        {
            throw new ClientConfigException($"{source}: exec.interactiveMode \"{interactive}\" must be Never, IfAvailable or Always");
        }

        var variables = exec.Items("env")
            .Select(item => KeyValuePair.Create(item.NonEmpty("name") ?? throw item.Error("name", "is not set"), item.Text("value") ?? ""))
            .ToList();
        var isPath = command.Contains('/');
        return new ExecConfig(
            apiVersion,
            isPath ? Path.GetFullPath(command, Path.GetDirectoryName(exec.File)!) : command,
            exec.Texts("args"),
            variables,
            exec.NonEmpty("installHint"),
            exec.Flag("provideClusterInfo"),
            interactive,
            exec.Flag("provideClusterInfo") ? DescribeCluster(config, cluster) : null);
    }

    private static string DescribeCluster(ClientConfig config, KubeconfigEntry? cluster)
    {
        var description = new JsonObject { ["server"] = config.Server.ToString().TrimEnd('/') };
        if (config.TlsServerName is { } name)
        {
            description["tls-server-name"] = name;
        }

        if (config.InsecureSkipTlsVerify)
        {
            description["insecure-skip-tls-verify"] = true;
        }

        if (config.CertificateAuthority is { } authority)
        {
            var data = authority.Data ?? (File.Exists(authority.File) ? File.ReadAllBytes(authority.File) : Encoding.UTF8.GetBytes(""));
            description["certificate-authority-data"] = Convert.ToBase64String(data);
        }

        if (config.Proxy is { } proxy)
        {
            description["proxy-url"] = proxy.OriginalString;
        }

        var extension = cluster?.Items("extensions").FirstOrDefault(e => e.Text("name") == "client.authentication.k8s.io/exec")?.Node;
        if (extension is not null && extension.Children.TryGetValue(new YamlScalarNode("extension"), out var value))
        {
            description["config"] = ToJson(value);
        }

        return description.ToJsonString();
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(child => ToJson(child))]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } scalar => ToJson(scalar.Value),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonValue? ToJson(string? plain) => plain switch
    {
        null or "" or "null" or "~" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(plain, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(plain),
    };
}

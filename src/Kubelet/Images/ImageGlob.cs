namespace NodeAgent.Kubelet.Images;

/// <summary>The form in which logins and plugins name images: a host with an optional port and the beginning of a path.</summary>
internal static class ImageGlob
{
    /// <summary><c>*</c> stands for (a part of) one label of the host; the port has to be the same.</summary>
    public static bool Matches(string glob, ImageReference image)
    {
        var slash = glob.IndexOf('/', StringComparison.Ordinal);
        var (host, path) = slash < 0 ? (glob, "") : (glob[..slash], glob[(slash + 1)..]);
        var ((labels, port), (givenLabels, givenPort)) = (Split(host), Split(image.Registry));
        return port == givenPort
            && labels.Length == givenLabels.Length
            && labels.Zip(givenLabels).All(p => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(p.First, p.Second, ignoreCase: false))
            && image.Repository.StartsWith(path, StringComparison.Ordinal);
    }

    private static (string[] Labels, string Port) Split(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon < 0 || host.EndsWith(']') ? (host.Split('.'), "") : (host[..colon].Split('.'), host[(colon + 1)..]);
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Server;

/// <summary>/logs: the files below the node's log folder, and the journal of services where enableSystemLogQuery allows it.</summary>
/// <remarks>Unlike upstream's, a link that leads out of the folder is not followed: a pod that may write there must not read the host's files this way.</remarks>
internal sealed class NodeLogEndpoint(string folder, bool queriesAllowed)
{
    private const string Prefix = "/logs";
    private static readonly TimeSpan JournalLimit = TimeSpan.FromSeconds(30);

    public async Task HandleAsync(HttpContext context)
    {
        if (queriesAllowed && NodeLogQuery.Parse(context.Request.Query) is { } query)
        {
            await (query.File is { } file ? SendAsync(context, file.TrimStart('/')) : JournalAsync(context, query));
            return;
        }

        await SendAsync(context, (context.Request.Path.Value ?? "")[Prefix.Length..].TrimStart('/'));
    }

    private async Task SendAsync(HttpContext context, string relative)
    {
        var path = Path.GetFullPath(Path.Combine(folder, relative));
        if (!IsInside(path))
        {
            throw new HttpError(StatusCodes.Status404NotFound, "404 page not found");
        }

        if (Directory.Exists(path))
        {
            await SendFolderAsync(context, RealPath.Of(path));
            return;
        }

        await SendFileAsync(context, path);
    }

    private async Task SendFolderAsync(HttpContext context, string path)
    {
        if (!IsInside(path))
        {
            throw new HttpError(StatusCodes.Status403Forbidden, "the folder is a link to somewhere else");
        }

        var page = new StringBuilder("<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var name = entry is DirectoryInfo ? entry.Name + "/" : entry.Name;
            page.Append("<a href=\"").Append(Uri.EscapeDataString(entry.Name)).Append(entry is DirectoryInfo ? "/" : "").Append("\">").Append(WebUtility.HtmlEncode(name)).Append("</a>\n");
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(page.Append("</pre>\n").ToString(), context.RequestAborted);
    }

    private async Task SendFileAsync(HttpContext context, string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HttpError(StatusCodes.Status404NotFound, "404 page not found");
        }
        catch (UnauthorizedAccessException)
        {
            throw new HttpError(StatusCodes.Status403Forbidden, "403 Forbidden");
        }

        await using (file)
        {
            // Asked of what is open: nobody can put a link in its place any more.
            if (!IsInside(RealPath.OfOpen(file.SafeFileHandle)))
            {
                throw new HttpError(StatusCodes.Status403Forbidden, "the file is a link to somewhere else");
            }

            context.Response.ContentType = "text/plain; charset=utf-8";
            await file.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    private static async Task JournalAsync(HttpContext context, NodeLogQuery query)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(JournalLimit);
        using var journal = new Process { StartInfo = new ProcessStartInfo("journalctl", query.JournalArguments()) { RedirectStandardOutput = true, RedirectStandardError = true } };
        try
        {
            journal.Start();
        }
        catch (Win32Exception e)
        {
            throw new HttpError(StatusCodes.Status500InternalServerError, $"journalctl cannot be run on this node: {e.Message}");
        }

        context.Response.ContentType = "text/plain;charset=UTF-8";
        var errors = journal.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await journal.StandardOutput.BaseStream.CopyToAsync(context.Response.Body, limit.Token);
            await context.Response.WriteAsync(await errors, limit.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.WriteAsync($"\nthe journal was cut off after {JournalLimit.TotalSeconds:0} s\n", context.RequestAborted);
        }
        finally
        {
            if (!journal.HasExited)
            {
                journal.Kill();
            }
        }
    }

    private bool IsInside(string path)
    {
        var root = RealPath.Of(folder);
        return path == root || path.StartsWith(root + "/", StringComparison.Ordinal);
    }
}

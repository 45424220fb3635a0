using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Server;

/// <summary>Lets through only those requests whose user is known and may make them.</summary>
internal sealed partial class RequestGate(ServerSecurity security, ILogger logger)
{
    private static readonly object UserKey = new();

    /// <summary>The user of a request that has passed; null on servers without security.</summary>
    public static UserInfo? UserOf(HttpContext context) => context.Items.TryGetValue(UserKey, out var user) ? user as UserInfo : null;

    /// <summary>True when the request may go on; else it has been answered.</summary>
    public async Task<bool> PassAsync(HttpContext context)
    {
        UserInfo? user;
        try
        {
            user = await AuthenticateAsync(context);
        }
        catch (AuthenticationFailedException e)
        {
            Refused(context.Request.Path, e.Message);
            user = null;
        }

        if (user is null)
        {
            await AnswerAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized");
            return false;
        }

        context.Items[UserKey] = user;
        // Always by the path as it is routed, never by what the client called it.
        return security.NeedsNoAuthorization(context.Request.Path.Value ?? "", user) || await AuthorizeAsync(context, user);
    }

    private async Task<UserInfo?> AuthenticateAsync(HttpContext context)
    {
        AuthenticationFailedException? failure = null;
        foreach (var authenticator in security.Authenticators)
        {
            try
            {
                if (await authenticator.AuthenticateAsync(context, context.RequestAborted) is { } user)
                {
                    return user;
                }
            }
            catch (AuthenticationFailedException e)
            {
                // Another may know the user; if none does, bad credentials are worse than none.
                failure ??= e;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }

        // Credentials that nobody here can judge are not the same as none.
        return security.AllowAnonymous && context.Request.Headers.Authorization.Count == 0 ? UserInfo.Anonymous : null;
    }

    private async Task<bool> AuthorizeAsync(HttpContext context, UserInfo user)
    {
        var reason = "";
        try
        {
            foreach (var attributes in security.Attributes(context, user))
            {
                var decision = await security.Authorizer.AuthorizeAsync(attributes, context.RequestAborted);
                if (decision.Allowed)
                {
                    return true;
                }

                reason = $"verb={attributes.Verb}, {(attributes.Resource.Length == 0 ? $"path={attributes.Path}" : $"resource={attributes.Resource}, subresource={attributes.Subresource}")}";
            }
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            Undecided(user.Name, context.Request.Path, e);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, $"Authorization error (user={user.Name})");
            return false;
        }

        Forbidden(user.Name, context.Request.Path, reason);
        await AnswerAsync(context, StatusCodes.Status403Forbidden, $"Forbidden (user={user.Name}, {reason})");
        return false;
    }

    private static Task AnswerAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    [LoggerMessage(1050, LogLevel.Debug, "Refused a request for {Path}: {Reason}")]
    private partial void Refused(string path, string reason);

    [LoggerMessage(1051, LogLevel.Warning, "Could not find out whether {User} may use {Path}")]
    private partial void Undecided(string user, string path, Exception error);

    [LoggerMessage(1052, LogLevel.Debug, "{User} may not use {Path}: {Reason}")]
    private partial void Forbidden(string user, string path, string reason);
}

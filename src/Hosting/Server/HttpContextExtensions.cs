using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

public static class HttpContextExtensions
{
    /// <summary>Who makes the request; null on servers without security.</summary>
    public static UserInfo? KubeUser(this HttpContext context) => RequestGate.UserOf(context);
}

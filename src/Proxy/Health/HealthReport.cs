using System.Text.Json.Nodes;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Health;

internal sealed record FamilyHealth(DateTimeOffset LastUpdated, bool Healthy);

/// <param name="LastUpdated">Now when the proxy is healthy, as upstream has reported it ever since; else when rules were last written.</param>
internal sealed record HealthReport(DateTimeOffset LastUpdated, DateTimeOffset Now, bool Healthy, IReadOnlyDictionary<IPFamily, FamilyHealth> Families)
{
    /// <summary>Upstream's JSON.</summary>
    /// <param name="nodeEligible">Null where the node does not count (/livez).</param>
    public string ToJson(bool? nodeEligible)
    {
        var json = new JsonObject { ["lastUpdated"] = LastUpdated.UtcDateTime, ["currentTime"] = Now.UtcDateTime };
        if (nodeEligible is { } eligible)
        {
            json["nodeEligible"] = eligible;
        }

        json["healthy"] = Healthy;
        if (Families.Count > 0)
        {
            var status = new JsonObject();
            foreach (var (family, health) in Families.OrderBy(f => f.Key))
            {
                status[family.ToString()] = new JsonObject { ["lastUpdated"] = health.LastUpdated.UtcDateTime, ["healthy"] = health.Healthy };
            }

            json["status"] = status;
        }

        return json.ToJsonString();
    }
}

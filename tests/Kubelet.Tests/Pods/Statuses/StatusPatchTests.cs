using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Tests.Pods.Statuses;

public class StatusPatchTests
{
    [Fact]
    public void Between_EqualStatuses_IsNull() => Assert.Null(StatusPatch.Between("u", new PodStatus { Phase = "Running" }, new PodStatus { Phase = "Running" }));

    [Fact]
    public void Between_ChangedPhase_CarriesItAndTheUidAlone()
    {
        var patch = Between(new PodStatus { Phase = "Pending", PodIP = "1.2.3.4" }, new PodStatus { Phase = "Running", PodIP = "1.2.3.4" });

        Assert.Equal("""{"metadata":{"uid":"u"},"status":{"phase":"Running"}}""", patch.ToJsonString());
    }

    [Fact]
    public void Between_ChangedCondition_LeavesTheOthersOut()
    {
        var before = new PodStatus { Conditions = { Condition("Ready", "False", "NotYet"), Condition("Initialized", "True", "") } };
        var after = new PodStatus { Conditions = { Condition("Ready", "True", ""), Condition("Initialized", "True", "") } };

        var condition = Assert.Single(Between(before, after)["status"]!["conditions"]!.AsArray())!;

        Assert.Equal(("Ready", "True"), (condition["type"]!.GetValue<string>(), condition["status"]!.GetValue<string>()));
        Assert.True(condition.AsObject().ContainsKey("reason"));
        Assert.Null(condition["reason"]);
    }

    [Fact]
    public void Between_OtherAddress_ReplacesTheList()
    {
        var patch = Between(new PodStatus { PodIPs = { new PodIP { Ip = "1.1.1.1" } } }, new PodStatus { PodIPs = { new PodIP { Ip = "2.2.2.2" } } });

        Assert.Equal("""[{"$patch":"replace"},{"ip":"2.2.2.2"}]""", patch["status"]!["podIPs"]!.ToJsonString());
    }

    [Fact]
    public void Between_ConditionOfSomebodyElseThatIsGone_IsLeftAlone()
    {
        var before = new PodStatus { Phase = "Pending", Conditions = { Condition("x/y", "True", "") } };

        Assert.Null(Between(before, new PodStatus { Phase = "Running" })["status"]!["conditions"]);
    }

    /// <summary>A readiness gate that was closed while the status was on its way.</summary>
    [Fact]
    public void Between_OthersHaveWrittenSinceItWasComposed_DoesNotTakeItBack()
    {
        var onServer = new PodStatus { Conditions = { Condition("x/y", "False", "") }, NominatedNodeName = "n", ResourceClaimStatuses = { new PodResourceClaimStatus { Name = "c" } } };
        var composed = new PodStatus { Phase = "Running", Conditions = { Condition("x/y", "True", "") } };

        Assert.Equal("""{"phase":"Running"}""", Between(onServer, composed)["status"]!.ToJsonString());
        Assert.Null(StatusPatch.Between("u", onServer, new PodStatus { Conditions = { Condition("x/y", "True", "") } }));
    }

    [Fact]
    public void Between_DisruptionTarget_IsWritten()
    {
        var patch = Between(new PodStatus(), new PodStatus { Conditions = { Condition("DisruptionTarget", "True", "TerminationByKubelet") } });

        Assert.Single(patch["status"]!["conditions"]!.AsArray());
    }

    private static JsonNode Between(PodStatus before, PodStatus after) => JsonNode.Parse(Encoding.UTF8.GetString(StatusPatch.Between("u", before, after)!))!;

    private static PodCondition Condition(string type, string status, string reason)
    {
        var condition = new PodCondition { Type = type, Status = status, LastTransitionTime = new Time { Seconds = 1 } };
        if (reason.Length > 0)
        {
            condition.Reason = reason;
        }

        return condition;
    }
}

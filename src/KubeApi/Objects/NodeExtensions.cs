namespace NodeAgent.KubeApi.Objects;

/// <summary>What the daemons ask of a node.</summary>
public static class NodeExtensions
{
    extension(Core.V1.Node node)
    {
        public Core.V1.NodeCondition? GetCondition(string type) => node.Status?.Conditions.FirstOrDefault(c => c.Type == type);

        public bool IsReady => node.GetCondition("Ready")?.Status == "True";
    }
}

using System.Globalization;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>Which taints of a node a pod puts up with.</summary>
public static class Tolerations
{
    /// <param name="withComparison">Upstream's gate TaintTolerationComparisonOperators: Lt and Gt compare numbers.</param>
    public static bool Tolerates(this Toleration toleration, Taint taint, bool withComparison = false)
    {
        if ((toleration.Effect.Length > 0 && toleration.Effect != taint.Effect) || (toleration.Key.Length > 0 && toleration.Key != taint.Key))
        {
            return false;
        }

        return toleration.Operator switch
        {
            "" or "Equal" => toleration.Value == taint.Value,
            "Exists" => true,
            "Lt" or "Gt" => withComparison && Compares(toleration, taint),
            _ => false,
        };
    }

    /// <summary>The first taint of the wanted effects that nothing tolerates; null when all are.</summary>
    public static Taint? FindUntolerated(IEnumerable<Taint> taints, IReadOnlyCollection<Toleration> tolerations, Func<Taint, bool> isWanted, bool withComparison = false) =>
        taints.FirstOrDefault(taint => isWanted(taint) && !tolerations.Any(t => t.Tolerates(taint, withComparison)));

    /// <summary>NoSchedule and NoExecute keep a new pod away.</summary>
    public static bool KeepsAway(Taint taint) => taint.Effect is "NoSchedule" or "NoExecute";

    private static bool Compares(Toleration toleration, Taint taint) =>
        TryParseCanonical(toleration.Value, out var bound) && TryParseCanonical(taint.Value, out var value)
            && (toleration.Operator == "Lt" ? value < bound : value > bound);

    /// <summary>Only the one way to write a number counts: no plus sign, no leading zeros.</summary>
    private static bool TryParseCanonical(string text, out long number) =>
        Requirement.TryParseNumber(text, out number) && number.ToString(CultureInfo.InvariantCulture) == text;
}

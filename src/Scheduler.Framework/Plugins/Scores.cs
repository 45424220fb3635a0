namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Ways to normalise that several plugins share.</summary>
public static class Scores
{
    /// <summary>Scales so that the greatest score becomes 100; with <paramref name="reverse"/>, so that it becomes 0 and zero becomes 100.</summary>
    public static void NormalizeByMax(Span<long> scores, bool reverse)
    {
        var max = 0L;
        foreach (var score in scores)
        {
            max = Math.Max(max, score);
        }

        if (max == 0)
        {
            if (reverse)
            {
                scores.Fill(IScorePlugin.MaxScore);
            }

            return;
        }

        for (var i = 0; i < scores.Length; i++)
        {
            var scaled = IScorePlugin.MaxScore * scores[i] / max;
            scores[i] = reverse ? IScorePlugin.MaxScore - scaled : scaled;
        }
    }
}

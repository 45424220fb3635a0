using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The results of the templates used last.</summary>
internal sealed class TemplateResults(int scorers)
{
    private const int MaxCount = 128;

    private readonly Dictionary<int, TemplateResult> _results = [];
    private long _clock;

    public TemplateResult GetOrAdd(PodTemplate template)
    {
        if (!_results.TryGetValue(template.Id, out var result))
        {
            if (_results.Count >= MaxCount)
            {
                _results.Remove(_results.MinBy(r => r.Value.LastUsed).Key);
            }

            result = new TemplateResult(scorers);
            _results[template.Id] = result;
        }

        result.LastUsed = ++_clock;
        return result;
    }
}

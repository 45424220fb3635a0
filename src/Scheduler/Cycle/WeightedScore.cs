using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

internal readonly record struct WeightedScore(IScorePlugin Plugin, int Weight);

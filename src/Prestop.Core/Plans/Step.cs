using Prestop.Core.Waiting;

namespace Prestop.Core.Plans;

/// <summary>One thing that a plan waits for.</summary>
/// <param name="Text">The step as the user wrote it.</param>
public abstract record Step(string Text);

/// <summary>A step that is done when a length of time has passed.</summary>
/// <param name="Text">The step as the user wrote it.</param>
/// <param name="Length">Not negative; <see cref="TimeSpan.MaxValue"/> means for ever.</param>
public sealed record PauseStep(string Text, TimeSpan Length) : Step(Text);

/// <summary>A step that is done when a condition is met.</summary>
/// <param name="Text">The step as the user wrote it.</param>
/// <param name="Condition">What is asked; whoever runs the plan disposes of it.</param>
public sealed record ConditionStep(string Text, ICondition Condition) : Step(Text);

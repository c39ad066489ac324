namespace Prestop.Elb.Client;

/// <summary>
/// What is asked of Elastic Load Balancing (API version 2015-12-01). Every list is complete: all its pages. The only exception that
/// leaves is the caller's own cancellation.
/// </summary>
public interface IElbApi
{
    /// <summary>Lists the load balancers of the account in the region.</summary>
    /// <param name="cancellation">Ends the call.</param>
    Task<ElbResult<IReadOnlyList<LoadBalancer>>> DescribeLoadBalancersAsync(CancellationToken cancellation);

    /// <summary>Lists the target groups of the account in the region.</summary>
    /// <param name="cancellation">Ends the call.</param>
    Task<ElbResult<IReadOnlyList<TargetGroup>>> DescribeTargetGroupsAsync(CancellationToken cancellation);

    /// <summary>
    /// Lists the health of every target of a group. Never a selection: the API takes a target that is named without its port for the
    /// one on the group's own port, and would call a pod on another port unregistered.
    /// </summary>
    /// <param name="groupArn">The group.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<ElbResult<IReadOnlyList<TargetHealth>>> DescribeTargetHealthAsync(string groupArn, CancellationToken cancellation);
}

/// <summary>Is told of every attempt that was made.</summary>
public interface IElbObserver
{
    /// <summary>An attempt has ended.</summary>
    /// <param name="action">The API's action.</param>
    /// <param name="fault">Why it failed; null when it succeeded.</param>
    void Called(string action, ElbFault? fault);
}

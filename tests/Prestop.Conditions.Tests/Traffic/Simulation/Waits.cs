namespace Prestop.Testing.Simulation;

/// <summary>How waits ended that were tried on the same traffic.</summary>
internal sealed class Waits
{
    private readonly List<double> _lags = [];
    private readonly List<double> _afterStop = [];

    public int Count => _lags.Count;

    /// <summary>How many ended before the balancer stopped.</summary>
    public int Early { get; private set; }

    /// <summary>How many were not over 2.5 s after the balancer's last request.</summary>
    public int Late { get; private set; }

    /// <summary>How many had not been quiet for long enough when their time was up.</summary>
    public int Failed { get; private set; }

    /// <summary>Seconds waited, in all.</summary>
    public double Waited { get; private set; }

    /// <summary>The longest that one took from the moment the balancer stopped, in seconds.</summary>
    public double LongestAfter => _afterStop.Max();

    public double ShareEarly => (double)Early / Count;

    public double ShareLate => (double)Late / Count;

    public double MeanWait => Waited / Count;

    /// <summary>The shortest plain sleep that ends before the balancer stops no more often.</summary>
    public double SleepOfSameSafety => _lags.Order().ElementAt(Count - 1 - Early);

    public void Add(double lag, double lastRequest, double end, bool failed)
    {
        _lags.Add(lag);
        Early += end < lag ? 1 : 0;
        Late += end > lastRequest + 2.5 ? 1 : 0;
        Failed += failed ? 1 : 0;
        Waited += end;
        _afterStop.Add(end - lag);
    }

    /// <summary>The share of waits that took longer from the moment the balancer stopped.</summary>
    /// <param name="seconds">How long.</param>
    public double ShareLongerAfter(double seconds) => (double)_afterStop.Count(after => after > seconds) / Count;
}

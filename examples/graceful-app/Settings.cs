using System.Globalization;

namespace GracefulApp;

/// <summary>What the environment says.</summary>
internal sealed record Settings
{
    /// <summary>TCP port to listen on, on all addresses; 0 takes any. <c>PORT</c>.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>How long to serve on after the first signal: what balancers and proxies take to learn that the pod ends. <c>DRAIN_SECONDS</c>.</summary>
    public TimeSpan DrainDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long requests in flight may take after that. <c>SHUTDOWN_SECONDS</c>.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Whether <c>/ready</c> fails while draining. For balancers that look at nothing else; Kubernetes itself takes a pod that is
    /// deleted out of its Services at once. <c>UNREADY_WHILE_DRAINING</c>.
    /// </summary>
    public bool IsUnreadyWhileDraining { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="environment">Gives a variable's value; null and empty mean that it is not set.</param>
    /// <param name="problems">What is wrong, a line each.</param>
    public static Settings Read(Func<string, string?> environment, ICollection<string> problems)
    {
        var usual = new Settings();
        return new Settings
        {
            Port = Number("PORT", usual.Port, 65_535),
            DrainDelay = TimeSpan.FromSeconds(Number("DRAIN_SECONDS", (int)usual.DrainDelay.TotalSeconds, 3_600)),
            ShutdownTimeout = TimeSpan.FromSeconds(Number("SHUTDOWN_SECONDS", (int)usual.ShutdownTimeout.TotalSeconds, 3_600)),
            IsUnreadyWhileDraining = Flag("UNREADY_WHILE_DRAINING"),
        };

        int Number(string name, int usual, int most)
        {
            var text = environment(name);
            if (string.IsNullOrEmpty(text))
            {
                return usual;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most)
            {
                return number;
            }

            problems.Add($"{name} '{text}' is not a whole number from 0 to {most}");
            return usual;
        }

        bool Flag(string name)
        {
            var text = environment(name);
            if (text is not (null or "" or "yes" or "no"))
            {
                problems.Add($"{name} '{text}' is neither yes nor no");
            }

            return text is "yes";
        }
    }
}

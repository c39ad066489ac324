namespace Prestop.Kubernetes;

/// <summary>
/// A service account's token. The kubelet replaces the file long before the token in it expires, so the file is read again
/// once a minute, and at once when the API server refuses what is known.
/// </summary>
public sealed class BearerToken
{
    /// <summary>How old a token may get before its file is read again: as in client-go, one minute.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Surroundings _surroundings;
    private readonly string _path;
    private readonly TimeProvider _time;
    private string _value;
    private long _readAt;

    private BearerToken(Surroundings surroundings, string path, TimeProvider time, string value)
    {
        (_surroundings, _path, _time, _value) = (surroundings, path, time, value);
        _readAt = time.GetTimestamp();
    }

    /// <summary>Reads a token file for the first time.</summary>
    /// <param name="surroundings">Where the file is.</param>
    /// <param name="path">Its absolute path.</param>
    /// <param name="time">The clock.</param>
    /// <param name="problem">Why there is no token, as a sentence without a full stop; else empty.</param>
    public static BearerToken? FromFile(Surroundings surroundings, string path, TimeProvider time, out string problem)
    {
        var value = surroundings.File(path, out problem);
        if (value is null)
        {
            return null;
        }

        if (value.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            problem = $"{path} is not a token: it holds blanks or other characters that no token has";
            return null;
        }

        return new BearerToken(surroundings, path, time, value);
    }

    /// <summary>The token to send.</summary>
    internal string Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_readAt) >= LongestAge)
            {
                ReadAgain();
            }

            return _value;
        }
    }

    /// <summary>Reads the file again because a token was refused. True when there is now another one to try.</summary>
    /// <param name="refused">The token that the API server did not accept.</param>
    internal bool Renew(string refused)
    {
        lock (_lock)
        {
            ReadAgain();
            return _value != refused;
        }
    }

    private void ReadAgain()
    {
        _value = FromFile(_surroundings, _path, _time, out _)?._value ?? _value;
        _readAt = _time.GetTimestamp();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Prestop.Testing;
using Xunit;

namespace BlackBox.Tests.Prestop;

/// <summary>
/// Every option with every step, for real: whatever is waited for and with whatever values, prestop ends by its deadline, with one of its exit
/// codes and in clear lines. Options and steps are those that <c>--help</c> lists. PRESTOPSLEEP_SEED repeats a run, PRESTOPSLEEP_FUZZ says how many
/// invocations it has.
/// </summary>
public sealed class WaitFuzzTests : IAsyncLifetime
{
    private const int SideBySide = 4;

    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(2);
    private static readonly int Invocations = Fuzz.Variable("PRESTOPSLEEP_FUZZ") ?? 400;

    private static readonly string[] Durations =
    [
        "0", "1ns", "1us", "1ms", "20ms", "0.1", "0x1p-4", "PT0.2S", "300ms", "1s", "24.8d", "25d", "49d", "50d", "inf", "1e400", "99999999999999999999d",
        "922337203685.4775807s", "1e-400", "-1", "", " ", "5M", "1:30", "1h30", "nan", "auto",
    ];

    private static readonly string[] Headers =
    [
        "X-A: 1", "A:", "A", ": b", "A: \u00fc", "A: b\r\nC: d", "A\u0001: b", "Host: h", "Host:", "Accept:", "User-Agent:", "Connection: keep-alive", "Connection: upgrade",
        "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Content-Length: 0", "Content-Length: 99", "Content-Length: x", "Content-Type: text/plain", "Content-Encoding: gzip",
        "Content-Language: en", "Content-Location: /", "Content-MD5: x", "Content-Range: bytes 0-1/2", "Content-Disposition: inline", "Allow: GET", "Expires: 0", "Last-Modified: x",
        "Expect: 100-continue", "Expect: x", "TE: trailers", "Trailer: X", "Upgrade: h2c", "Date: x", "Range: bytes=x", "Authorization: Basic !", "Cookie: a=b", "If-Match: x", "Warning: x",
        "Via: x", "Referer: x", "From: x", "Cache-Control: x", "Pragma: x", "Max-Forwards: x", "Proxy-Authorization: x", "Accept-Encoding: x",
    ];

    private static readonly string[] Names = ["localhost", "nowhere.invalid", "a.b.c", "", "127.0.0.1", "-", "a\u00ffb", "xn--", "a..b", new('a', 64), new('b', 300), "%61"];

    private static readonly string[] Paths = ["/", "/no", "/dev/null", "/ca.pem", "/run/v/app.sock", "/run/v", "/dev/null/x", "", "x", "/%00", "/%ff", "/a b", $"/{new string('p', 200)}", "/?q#f"];

    private readonly Certificates _certificates = new();
    private readonly TemporaryFolder _volume = new();
    private readonly TemporaryFolder _account = new();
    private readonly DeadPort _refusing = DeadPort.Refusing();
    private readonly DeadPort _silent = DeadPort.Silent();
    private readonly List<FaultyServer> _servers = [];
    private readonly ConcurrentDictionary<int, int> _codes = new();
    private int[] _ports = [];
    private int[] _tlsPorts = [];
    private (string Name, string? Value)[] _options = [];
    private string[] _steps = [];

    public async ValueTask InitializeAsync()
    {
        foreach (var script in new[] { Answer.Status(200), Answer.Status(503), Answer.Silence, Answer.Garbage, Answer.CloseAtOnce, Answer.EndlessHead, Answer.Reset })
        {
            _servers.Add(FaultyServer.Start(Tolerant(script)));
            _servers.Add(new FaultyServer.Listen { Certificate = _certificates.Good }.Start(Tolerant(script)));
        }

        _servers.Add(new FaultyServer.Listen { Certificate = _certificates.Untrusted }.Start(Tolerant(Answer.Status(200))));
        _ports = [.. _servers.Select(server => server.Port), _refusing.Port, _silent.Port];
        _tlsPorts = [.. _ports.Where((_, place) => place < _servers.Count && place % 2 == 1), _servers[^1].Port];
        _servers.Add(new FaultyServer.Listen { UnixSocket = _volume["app.sock"] }.Start(Tolerant(Answer.Status(200))));
        File.SetUnixFileMode(_volume["app.sock"], (UnixFileMode)0b110_110_110);
        _account.Write("token", "secret");
        _account.Write("namespace", "shop");
        File.Copy(_certificates.AuthorityFile, _account["ca.crt"]);

        var help = (await InRoot.EndsAsync(0, "--help")).Stdout.Lines.ToArray();
        _options = [.. help.Where(line => line.StartsWith("  -", StringComparison.Ordinal) || line.StartsWith("      --", StringComparison.Ordinal)).Select(OptionIn)
            .Where(option => option.Name is not ("--help" or "--version"))];
        _steps = [.. help.Where(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[0]).Where(word => word.Contains("://", StringComparison.Ordinal))];
        Assert.True(_options.Length > 20 && _steps.Length > 8, $"{_options.Length} options and {_steps.Length} steps in the help");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        _refusing.Dispose();
        _silent.Dispose();
        _account.Dispose();
        _volume.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task It_ends_by_its_deadline_and_says_clearly_how()
    {
        var faults = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Invocations),
            new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = TestContext.Current.CancellationToken },
            async (number, _) =>
            {
                if (await FaultOfAsync(Invent(new Random(unchecked(Fuzz.Seed + (number * 7919))))) is { } fault)
                {
                    faults.Enqueue($"seed {Fuzz.Seed}, number {number}: {fault}");
                }
            });

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Fuzz.Seed}; exit codes: {string.Join(", ", _codes.OrderBy(code => code.Key).Select(code => $"{code.Value} times {code.Key}"))}");
        Assert.True(faults.IsEmpty, $"{faults.Count} of {Invocations}:{Environment.NewLine}{string.Join(Environment.NewLine, faults.Take(20))}");
        Assert.True(Invocations < 100 || new[] { 0, 2, 124, 125 }.All(_codes.ContainsKey), "the invocations are too much alike");
    }

    private async Task<string?> FaultOfAsync(Invocation invocation)
    {
        for (var tries = 3; ; tries--)
        {
            var (run, code, late) = await RunAsync(invocation);
            var variables = string.Join(' ', invocation.Variables.Select(pair => $"{pair.Key}='{pair.Value}'"));
            _codes.AddOrUpdate(code ?? -1, 1, (_, count) => count + 1);
            if (code is not (0 or 1 or 2 or 124 or 125 or 126 or 127) || !run.Stderr.Lines.All(Fuzz.IsClear))
            {
                return $"{variables} {run}";
            }

            // A loaded machine may be late as well, but not again and again.
            if (late <= Lateness || tries == 0)
            {
                return late <= Lateness ? null : $"{late} late: {variables} {run}";
            }
        }
    }

    private async Task<(Child Run, int? Code, TimeSpan Late)> RunAsync(Invocation invocation)
    {
        var root = InRoot.WithBusybox with
        {
            Proc = invocation.HasProc,
            Environment = invocation.Variables,
            Volumes = new() { ["/run/v"] = _volume.Path },
        };
        root.Files["/ca.pem"] = _certificates.AuthorityFile;
        root.Files["/var/run/secrets/kubernetes.io/serviceaccount"] = _account.Path;
        var clock = Stopwatch.StartNew();
        await using var run = root.Prestop(invocation.Words);
        var exit = await run.ExitAsync();
        return (run, exit.Code, clock.Elapsed - invocation.Max);
    }

    private Invocation Invent(Random random)
    {
        var words = new List<string>();
        var variables = new Dictionary<string, string>
        {
            ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1",
            ["KUBERNETES_SERVICE_PORT"] = Pick(random, _ports).ToString(CultureInfo.InvariantCulture),
            ["POD_IP"] = "10.0.0.1",
            ["HOST_IP"] = "10.0.0.2",
        };

        // Much of this is refused, so most keep to what is well formed.
        var isWild = random.Next(3) == 0;
        for (var count = random.Next(4); count > 0; count--)
        {
            var (name, form) = Pick(random, _options);
            var value = form is null ? null : ValueOf(form, isWild, random);
            if (random.Next(5) == 0)
            {
                variables[$"PRESTOP_{name.TrimStart('-').Replace('-', '_').ToUpperInvariant()}"] = value ?? Pick(random, (string[])(isWild ? ["1", "x", ""] : ["1", "true", "0"]));
            }
            else
            {
                words.AddRange(value is null ? [name] : random.Next(2) == 0 ? [name, value] : [$"{name}={value}"]);
            }
        }

        for (var count = 1 + random.Next(random.Next(1, 4)); count > 0; count--)
        {
            words.Add(random.Next(8) == 0 ? DurationOf(isWild, random) : (random.Next(5) == 0 ? "gone:" : "") + TargetOf(Pick(random, _steps), isWild, random));
        }

        // Given last, so that it counts.
        var max = TimeSpan.FromMilliseconds(Pick(random, [0, 1, 50, 200, 300]));
        words.AddRange(["--max", $"{max.TotalMilliseconds}ms"]);
        if (random.Next(4) == 0)
        {
            words.AddRange(["--", Pick(random, [InRoot.Busybox, "/no"]), "true"]);
        }

        return new Invocation([.. words], variables, max, random.Next(2) == 0);
    }

    private string TargetOf(string syntax, bool isWild, Random random)
    {
        var scheme = syntax[..(syntax.IndexOf("://", StringComparison.Ordinal) + 3)];
        return scheme + syntax[scheme.Length..] switch
        {
            // A step that ends with 125 is rare where https meets TLS by chance alone.
            "HOST[:PORT][/PATH]" => Authority(isWild, scheme is "https://" && random.Next(3) > 0 ? _tlsPorts : _ports, random) + (isWild ? Pick(random, Paths) : "/"),
            "HOST:PORT" => Authority(isWild, _ports, random),
            ":PORT[,PORT]..." => !isWild ? $":{Pick(random, _ports)}" : Pick(random, [$":{Pick(random, _ports)}", $":{Pick(random, _ports)},{Pick(random, _ports)}", ":1", ":0", ":65536", "", ":1,", "h:1"]),
            "/PATH" => Pick(random, Paths),
            _ => Pick(random, Names),
        };
    }

    private static string Authority(bool isWild, int[] ports, Random random)
    {
        var host = !isWild || random.Next(3) > 0 ? "127.0.0.1" : Pick(random, [.. Names, "0.0.0.0", "[::]", "[::1]", "255.255.255.255", "224.0.0.1", "[fe80::1%25lo]", "[ff02::1]", "u:p@127.0.0.1", "[::1", "1.2.3"]);
        return host + (isWild && random.Next(8) == 0 ? Pick(random, ["", ":", ":0", ":1", ":65536", ":x"]) : $":{Pick(random, ports)}");
    }

    private static string DurationOf(bool isWild, Random random) => isWild ? Pick(random, Durations) : Pick(random, ["0", "20ms", "0.2", "1s", "49d", "inf"]);

    private static string ValueOf(string form, bool isWild, Random random) => form switch
    {
        _ when isWild && random.Next(20) == 0 => Pick(random, ["", " ", "\n", "x", "$(POD_IP)", "$(NO)", "\u00ff", "-", "--", "auto", "0", new('z', 5000)]),
        _ when form.Split('|') is { Length: > 1 } choices => Pick(random, choices) is var choice && choice is "D" ? DurationOf(isWild, random) : choice,
        "D" => DurationOf(isWild, random),
        "N" => !isWild ? "2" : Pick(random, ["1", "2", "3", "1000000", "1000001", "0", "-1", "1e3"]),
        "CODES" => Pick(random, ["200", "503", "100-599", "200-299,410", "299-200", "600", "200,"]),
        "'NAME: VALUE'" => Pick(random, Headers),
        "NAME" => Pick(random, ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "get", "X-Y", "A B", "G@T"]),
        "TEXT" => Pick(random, ["", "x", "a=b&c", "@/ca.pem", "@/no", "@/dev/null", "@/", "@", "@-", "\u00fc", new('d', 100_000)]),
        "CIDR[,CIDR]..." => Pick(random, ["127.0.0.0/8", "127.0.0.1", "::1", "::/0", "0.0.0.0/0", "10.0.0.7/8", "10", "010.0.0.1", "[fd99::2]:80", "127.0.0.1,::1", ",", "node"]),
        _ => Pick(random, [.. Paths, "1", "text"]),
    };

    /// <summary>The same for those who do not speak HTTP: an https step at a server without TLS, a length that is none.</summary>
    private static Script Tolerant(Script script) => async conversation =>
    {
        try
        {
            await script(conversation);
        }
        catch (InvalidDataException)
        {
            // The connection is closed without an answer.
        }
    };

    private static T Pick<T>(Random random, IReadOnlyList<T> all) => all[random.Next(all.Count)];

    /// <summary>A row of the help: short name, name and the form of the value in the first 30 columns.</summary>
    private static (string Name, string? Value) OptionIn(string row)
    {
        var names = (row.Length > 30 && row[29] == ' ' ? row[..30] : row).Trim();
        var name = names[names.IndexOf("--", StringComparison.Ordinal)..];
        var blank = name.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? (name, null) : (name[..blank], name[(blank + 1)..]);
    }

    private sealed record Invocation(string[] Words, Dictionary<string, string> Variables, TimeSpan Max, bool HasProc);
}

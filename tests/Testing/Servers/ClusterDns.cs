using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Prestop.Testing;

/// <summary>
/// A real dnsmasq at 127.0.0.1 and ::1 of a <see cref="TestNetwork"/>, standing in for the cluster's DNS. It knows what the test publishes;
/// everything else is NXDOMAIN, or, under a silent domain, never answered.
/// </summary>
public sealed partial class ClusterDns : IAsyncDisposable
{
    /// <summary>What the kubelet writes for a pod of namespace <c>ns</c> with dnsPolicy ClusterFirst.</summary>
    public const string ResolvConf =
        "nameserver 127.0.0.1\nsearch ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";

    private readonly TemporaryFolder _folder;
    private readonly Socket _blackHole;
    private readonly Child _dnsmasq;
    private readonly List<string> _hosts;

    private ClusterDns(TemporaryFolder folder, Socket blackHole, Child dnsmasq, List<string> hosts) =>
        (_folder, _blackHole, _dnsmasq, _hosts) = (folder, blackHole, dnsmasq, hosts);

    /// <summary>The questions asked so far, in order, those by TCP too.</summary>
    public IReadOnlyList<Query> Queries =>
    [
        .. _dnsmasq.Stderr.Lines.Select(line => QueryLine().Match(line)).Where(match => match.Success)
            .Select(match => new Query(match.Groups["type"].Value, match.Groups["name"].Value, IsByTcp(match.Groups["process"].Value))),
    ];

    public static async Task<ClusterDns> StartAsync(TestNetwork network, DnsRecords records)
    {
        var folder = new TemporaryFolder();
        List<string> hosts = [.. records.Addresses.SelectMany(record => record.Value.Select(address => $"{address} {record.Key}"))];
        var blackHole = network.Inside(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        });
        var silentPort = ((IPEndPoint)blackHole.LocalEndPoint!).Port;
        string[] arguments =
        [
            "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=", "--user=root", "--group=root",
            "--listen-address=127.0.0.1", "--listen-address=::1", "--bind-interfaces", "--log-queries", "--log-facility=-",
            "--address=/#/", // no upstream server: all that is not known is NXDOMAIN, not REFUSED
            $"--addn-hosts={folder.Write("hosts", string.Join('\n', hosts))}",
            .. records.Aliases.Select(record => $"--cname={record.Key},{record.Value}"),
            .. records.WithoutAddress.Select(name => $"--txt-record={name},text"),
            .. records.SilentDomains.Select(domain => $"--server=/{domain}/127.0.0.1#{silentPort}"),
        ];
        var place = new OnHost { Network = network, DieWithTests = true, Watchdog = TimeSpan.FromMinutes(10) };
        var dns = new ClusterDns(folder, blackHole, place.Run(SystemProgram.Dnsmasq, arguments), hosts);
        try
        {
            await dns.UntilRecordsAreReadAsync(times: 1);
            return dns;
        }
        catch
        {
            await dns.DisposeAsync();
            throw;
        }
    }

    /// <summary>From when this returns, <paramref name="name"/> has <paramref name="address"/> too.</summary>
    public Task PublishAsync(string name, string address)
    {
        _hosts.Add($"{address} {name}");
        return ReloadAsync();
    }

    /// <summary>From when this returns, <paramref name="name"/> is NXDOMAIN.</summary>
    public Task WithdrawAsync(string name)
    {
        _hosts.RemoveAll(line => line.EndsWith($" {name}", StringComparison.Ordinal));
        return ReloadAsync();
    }

    /// <summary>Waits until <paramref name="name"/> has been asked for.</summary>
    public Task WaitForQueryAsync(string name) =>
        _dnsmasq.WaitUntilAsync(_ => Queries.Any(query => query.Name == name), $"a query for {name}");

    public async ValueTask DisposeAsync()
    {
        await _dnsmasq.DisposeAsync();
        _blackHole.Dispose();
        _folder.Dispose();
    }

    private async Task ReloadAsync()
    {
        var times = TimesRecordsWereRead + 1;
        _folder.Write("hosts", string.Join('\n', _hosts));
        await _dnsmasq.SignalAsync(Signal.Hangup);
        await UntilRecordsAreReadAsync(times);
    }

    private int TimesRecordsWereRead =>
        _dnsmasq.Stderr.Lines.Count(line => line.Contains($"read {_folder["hosts"]}", StringComparison.Ordinal));

    private Task UntilRecordsAreReadAsync(int times) =>
        _dnsmasq.WaitUntilAsync(_ => TimesRecordsWereRead >= times, "having read its records");

    // dnsmasq serves UDP itself and forks for every TCP connection.
    private bool IsByTcp(string process) => process != _dnsmasq.Process.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"dnsmasq\[(?<process>\d+)\]: query\[(?<type>\w+)\] (?<name>\S+) from")]
    private static partial Regex QueryLine();

    /// <summary>A question as dnsmasq logged it: A, AAAA, … and the name without its last dot.</summary>
    public readonly record struct Query(string Type, string Name, bool ByTcp);
}

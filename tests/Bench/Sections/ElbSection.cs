using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bench.Figures;
using Bench.Processes;
using Prestop.Elb.Tests.ElbService;
using Prestop.Testing;

namespace Bench.Sections;

/// <summary><c>prestopd elb</c> with a hundred target groups: what a hundred waits cost, what ten thousand, and how soon they learn.</summary>
internal static class ElbSection
{
    private const int Groups = 100;
    private const int Port = 8080;

    private static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    public static Section Measure(TemporaryFolder folder)
    {
        using var entered = NetworkNamespace.TryEnter()
            ?? throw new BenchException("the section 'elb' needs a network namespace of its own: run it as root");

        // Loopback and all others have places of their own, and the limit of open files is for both.
        new Command(SystemProgram.Find("ip", "iproute2"), "address", "add", "10.255.0.9/32", "dev", "lo").Run();
        var model = new ElbModel(TimeProvider.System);
        var groups = Enumerable.Range(0, Groups).Select(number => model.AddGroup($"group-{number}", null)).ToList();
        var api = new ElbQueryService(model);
        var aws = new LoopbackHttp(api.Answer);
        folder.Write("kubeconfig", """
            {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
             "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}]}
            """);
        var command = new Command(
            Repository.Published("prestopd"), "elb", "--kubeconfig", folder["kubeconfig"], "--interval", Duration(Interval), "--aws-qps", "100", "--max-waits", "6000", "--notice", "0")
        {
            Variables =
            [
                $"AWS_ENDPOINT_URL={aws.Address}",
                $"AWS_REGION={model.Region}",
                $"AWS_ACCESS_KEY_ID={ElbQueryService.AccessKey}",
                $"AWS_SECRET_ACCESS_KEY={ElbQueryService.Secret}",
            ],
        };
        var table = new Table(
            $"prestopd elb, {Groups} target groups, a look at each every {Interval.TotalSeconds:0} s",
            ("waits", ""), ("calls to AWS", "an interval"), ("memory", "KiB"), ("processor", "% of a core"), ("answer, p50", "ms"), ("p99", "ms"), ("max", "ms"));
        var goals = new List<Goal>();
        using var service = WaitingProcess.Start(command);
        service.Until(IsListening);
        try
        {
            foreach (var waits in new[] { Groups, 10_000 })
            {
                var row = Try(service, api, groups, waits);
                table.Add(
                    Cell.Count(waits), row.Calls.ToString("0.0", CultureInfo.InvariantCulture), Cell.Kibibytes(row.Memory), (100 * row.Processor).ToString("0.0", CultureInfo.InvariantCulture),
                    Cell.Milliseconds(At(row.Delays, 0.5)), Cell.Milliseconds(At(row.Delays, 0.99)), Cell.Milliseconds(row.Delays[^1]));
                goals.Add(Goal.Count($"{waits:N0} waits: calls to AWS in an interval", (int)Math.Round(row.Calls), Groups));
                goals.Add(Goal.Time($"{waits:N0} waits: p99 from a target's change to its answer", At(row.Delays, 0.99), Interval + TimeSpan.FromMilliseconds(100)));
            }
        }
        finally
        {
            aws.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        table.Explain("Each group has its share of the pods, each pod one wait. Calls, memory and processor time: over 6 intervals in which all wait.");
        table.Explain("answer: from the moment at which the API would show a pod's target unused, random within two intervals, to the end of the pod's answer.");
        return new Section(table, goals);
    }

    private static Row Try(WaitingProcess service, ElbQueryService api, IReadOnlyList<ModelGroup> groups, int count)
    {
        var pods = Enumerable.Range(0, count).Select(number => (Group: groups[number % groups.Count], Ip: $"10.{number / 65536}.{number / 256 % 256}.{number % 256}")).ToList();
        pods.ForEach(pod => pod.Group.Set(pod.Ip, "healthy"));
        var changes = new long[count];
        var answers = pods.Select((pod, number) => Ask(pod.Group, pod.Ip, number)).ToList();
        service.Until(() => Held() == count);
        Thread.Sleep(Interval);

        var (calls, processor, start) = (api.Calls.Count, service.ProcessorTime, Stopwatch.GetTimestamp());
        Thread.Sleep(6 * Interval);
        var elapsed = Stopwatch.GetElapsedTime(start);
        var (made, spent, memory) = (api.Calls.Count - calls, service.ProcessorTime - processor, service.Resident);

        var random = new Random(1);
        var order = Enumerable.Range(0, count).Select(number => (Number: number, At: 2 * Interval * random.NextDouble())).OrderBy(change => change.At);
        start = Stopwatch.GetTimestamp();
        foreach (var (number, at) in order)
        {
            var left = at - Stopwatch.GetElapsedTime(start);
            if (left > TimeSpan.FromMilliseconds(1))
            {
                Thread.Sleep(left);
            }

            changes[number] = Stopwatch.GetTimestamp();
            pods[number].Group.Set(pods[number].Ip, "unused", "Target.NotInUse");
        }

        var ended = Task.WhenAll(answers).GetAwaiter().GetResult();
        pods.ForEach(pod => pod.Group.Set(pod.Ip, ""));
        return new Row(made / (elapsed / Interval), memory, spent / elapsed, [.. ended.Select((end, number) => Stopwatch.GetElapsedTime(changes[number], end)).Order()]);
    }

    /// <summary>Asks for a wait; half of the callers come from loopback. The socket is made here, on the thread that is in the namespace.</summary>
    private static Task<long> Ask(ModelGroup group, string ip, int number)
    {
        var address = IPAddress.Parse(number % 2 == 0 ? "127.0.0.1" : "10.255.0.9");
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Connect(address, Port);
        socket.Send(Encoding.ASCII.GetBytes($"GET /drain-delay?ip={ip}&target-group={group.Name}&max-delay=600 HTTP/1.1\r\nHost: elb\r\n\r\n"));
        return AnswerAsync(socket);
    }

    private static async Task<long> AnswerAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[512];
            var length = await socket.ReceiveAsync(buffer);
            var answer = Encoding.ASCII.GetString(buffer, 0, length);
            return answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) ? Stopwatch.GetTimestamp() : throw new BenchException($"prestopd elb answered: {answer}");
        }
    }

    private static bool IsListening()
    {
        try
        {
            return Held() >= 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The waits that the service holds, by its own metrics.</summary>
    private static int Held()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, Port);
        socket.Send("GET /metrics HTTP/1.1\r\nHost: elb\r\nConnection: close\r\n\r\n"u8);
        using var reader = new StreamReader(new NetworkStream(socket));
        var line = reader.ReadToEnd().Split('\n').First(line => line.StartsWith("prestopd_elb_waits ", StringComparison.Ordinal));
        return int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static TimeSpan At(IReadOnlyList<TimeSpan> delays, double share) => delays[(int)(share * (delays.Count - 1))];

    private static string Duration(TimeSpan length) => string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds}s");

    private sealed record Row(double Calls, long Memory, double Processor, IReadOnlyList<TimeSpan> Delays);
}
